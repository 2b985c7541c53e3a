"""One check a field: what a value of JSON may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Check = Callable[[Any], Any]


class BadFieldError(Exception):
    """Wrong shape, type, length or range."""


class BadTimeError(Exception):
    """A time that is unreadable or implausible."""


class Field(NamedTuple):
    """One field: may it be missing, may it be null, and what it is then."""

    check: Check
    required: bool = False
    nullable: bool = False
    default: Any = None


def text(shortest: int, longest: int) -> Check:
    """Text of so many characters."""

    def check(value: Any) -> str:
        if type(value) is not str or not shortest <= len(value) <= longest:
            raise BadFieldError
        return value

    return check


def whole(least: int, most: int) -> Check:
    """A whole number, never written as 5.0."""

    def check(value: Any) -> int:
        if type(value) is not int or not least <= value <= most:
            raise BadFieldError
        return value

    return check


def number(least: float, most: float) -> Check:
    """Any number in the range; NaN is in no range."""

    def check(value: Any) -> float:
        if type(value) not in (int, float) or not least <= value <= most:
            raise BadFieldError
        return float(value)

    return check


def one_of(*choices: str) -> Check:
    """One of a few words."""

    def check(value: Any) -> str:
        if type(value) is not str or value not in choices:
            raise BadFieldError
        return value

    return check


def moment(value: Any) -> int | str:
    """Only the type; what it means is seen when all fields are known to be right."""
    if type(value) not in (int, str):
        raise BadFieldError
    return value  # type: ignore[no-any-return]


def flag(value: Any) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise BadFieldError
    return value


def words(value: Any) -> dict[str, str]:
    """Texts by text."""
    if type(value) is not dict or any(type(v) is not str for v in value.values()):
        raise BadFieldError
    return value


def must(check: Check) -> Field:
    """Return a field without which there is no event."""
    return Field(check, required=True)


def may(check: Check) -> Field:
    """Return a field that may be missing or null."""
    return Field(check, nullable=True)
