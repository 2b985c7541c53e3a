"""A row of a foreign file: its columns read as texts and times, or an error that names both."""

from __future__ import annotations

from collections.abc import Mapping as Table
from datetime import datetime, tzinfo
from typing import Any

from msgspec import Struct

from schemas.codec import DEADLINE_FIELDS, TIME_FIELDS, parse_time

ROW_NUMBER = "#"
SHOWN_CHARS = 80


class MappingError(ValueError):
    """A mapping that cannot be, or a row that does not fit it; names both row and column."""


class Field(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a value comes from."""

    column: str
    values: dict[str, str] = {}
    date_only: bool = False


class Row:
    """One row and how to read it: ``null`` texts, form of times, zone of times without an offset."""

    def __init__(
        self, row: Table[str, Any], number: int, null: frozenset[str], form: str, zone: tzinfo
    ) -> None:
        self.row = row
        self.number = number
        self.null = null
        self.form = form
        self.zone = zone

    def text(self, column: str) -> str | None:
        """Return a column's text; None if nothing is known."""
        if column == ROW_NUMBER:
            return str(self.number)
        value = self.row.get(column)
        if value is None:
            return None
        if isinstance(value, bool):
            value = str(value).lower()
        elif not isinstance(value, str | int | float):
            raise self._error(column, "is not a plain value")
        text = str(value).strip()
        return None if text in self.null else text

    def value(self, field: Field) -> str | None:
        """Return a column's text, translated where the mapping says how."""
        text = self.text(field.column)
        if text is None or not field.values:
            return text
        if text not in field.values:
            raise self._error(field.column, f"{text[:SHOWN_CHARS]!r} is not among its values")
        return field.values[text] or None

    def of_field(self, name: str, field: Field) -> str | int | None:
        """Return the value for an event's field: milliseconds if it is a time."""
        if name not in TIME_FIELDS and name not in DEADLINE_FIELDS:
            return self.value(field)
        ends_day = field.date_only and name in DEADLINE_FIELDS
        return self.time(field.column, date_only=field.date_only, end_of_day=ends_day)

    def first_time(self, columns: list[str]) -> int | None:
        """Return the time of the first column that has one."""
        times = (self.time(column) for column in columns)
        return next((at for at in times if at is not None), None)

    def time(self, column: str, *, date_only: bool = False, end_of_day: bool = False) -> int | None:
        """Return a column's time in epoch milliseconds."""
        text = self.text(column)
        if text is None:
            return None
        try:
            if self.form in ("s", "ms"):
                return parse_time(round(float(text) * (1000 if self.form == "s" else 1)))
            if self.form != "iso":
                read = datetime.strptime(text, self.form)  # noqa: DTZ007 - the zone comes next
                text = read.isoformat()
            if date_only:
                text = text[: len("2026-01-31")]
            return parse_time(text, self.zone, end_of_day=end_of_day)
        except (ValueError, OverflowError):
            shown = text[:SHOWN_CHARS]
            raise self._error(column, f"{shown!r} is not a time like {self.form!r}") from None

    def _error(self, column: str, what: str) -> MappingError:
        return MappingError(f"row {self.number}, column {column!r}: {what}")
