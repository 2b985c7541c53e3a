"""A request's parameters, checked: what is wrong is said with what would be right. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from grafana.errors import bad_request
from schemas.codec import TIME_MAX_MS, TIME_MIN_MS
from schemas.measures import DAY_MS

VALUES_MAX = 200
TEXT_CHARS_MAX = 300
SPAN_MAX_MS = 400 * DAY_MS
_RELATIVE = re.compile(r"now(?:-(\d{1,6})([mhd]))?")
_RELATIVE_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Param(Struct, frozen=True, kw_only=True):
    """One query parameter: its part of the API description, and what the checks go by."""

    name: str
    about: str
    kind: Literal["text", "integer", "time", "list"] = "text"
    choices: tuple[str, ...] = ()
    required: bool = False
    default: str | int | None = None
    example: str | None = None
    least: int = 1
    most: int = 0


class Query:
    """The parameters of one request, by the route's own declarations."""

    def __init__(self, declared: Iterable[Param], given: Sequence[tuple[str, str]]) -> None:
        self._declared: Mapping[str, Param] = {p.name: p for p in declared}
        self._given: dict[str, list[str]] = {}
        for name, value in given:
            if name not in self._declared:
                known = ", ".join(self._declared) or "none"
                raise bad_request("unknown_parameter", f"{name!r} is not a parameter: {known}.")
            if len(value) > TEXT_CHARS_MAX:
                raise bad_request("bad_parameter", f"{name} is longer than {TEXT_CHARS_MAX}.")
            self._given.setdefault(name, []).append(value)
        for param in self._declared.values():
            if param.required and not any(self._given.get(param.name, ())):
                raise bad_request("missing_parameter", f"{param.name} is needed: {param.about}.")

    def text(self, name: str) -> str:
        """Its last value, or the default, or an empty string; one of the choices if there are."""
        param = self._declared[name]
        value = self._given.get(name, [""])[-1] or str(param.default or "")
        if value and param.choices and value not in param.choices:
            choices = ", ".join(param.choices)
            raise bad_request("bad_parameter", f"{name}={value!r} is none of: {choices}.")
        return value

    def values(self, name: str, *, commas: bool = True) -> list[str]:
        """All its values; one may hold several between commas."""
        given = self._given.get(name, [])
        values = [part for v in given for part in (v.split(",") if commas else [v]) if part]
        if len(values) > VALUES_MAX:
            raise bad_request("bad_parameter", f"{name} has more than {VALUES_MAX} values.")
        return list(dict.fromkeys(values))

    def integer(self, name: str) -> int:
        """A whole number within its bounds."""
        param = self._declared[name]
        raw = self.text(name)
        if not re.fullmatch(r"-?\d{1,15}", raw) or not param.least <= int(raw) <= param.most:
            raise bad_request(
                "bad_parameter",
                f"{name}={raw!r} is not a whole number from {param.least} to {param.most}.",
            )
        return int(raw)

    def time(self, name: str, now_ms: int) -> int:
        """Epoch ms from ms, ISO 8601 (UTC where it names no zone), ``now`` or ``now-90m``."""
        raw = self.text(name)
        at = _time(raw, now_ms)
        if at is None or not TIME_MIN_MS <= at <= TIME_MAX_MS:
            raise bad_request(
                "bad_time",
                f"{name}={raw!r} is no time: epoch milliseconds, ISO 8601 or now-6h.",
            )
        return at

    def span(self, now_ms: int) -> tuple[int, int]:
        """``from`` and ``to``, in order."""
        from_ms, to_ms = self.time("from", now_ms), self.time("to", now_ms)
        if from_ms >= to_ms:
            raise bad_request("bad_time", "from must lie before to.")
        if to_ms - from_ms > SPAN_MAX_MS:
            raise bad_request(
                "bad_time", f"from and to are more than {SPAN_MAX_MS // DAY_MS} days apart."
            )
        return from_ms, to_ms


def _time(raw: str, now_ms: int) -> int | None:
    relative = _RELATIVE.fullmatch(raw)
    if relative:
        number, unit = relative.groups()
        return now_ms - (int(number) * _RELATIVE_MS[unit] if number else 0)
    if re.fullmatch(r"\d{1,16}", raw):
        return int(raw)
    try:
        at = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
