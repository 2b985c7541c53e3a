"""What a caller gets instead of an answer: a status, a code to act on, a sentence to read."""

from __future__ import annotations

from msgspec import Struct


class Problem(Struct, frozen=True):
    """``code`` is for programs (a closed list per route), ``message`` for people."""

    code: str
    message: str


class ErrorAnswer(Struct, frozen=True):
    """The body of every answer that is not 200."""

    error: Problem


class ApiError(Exception):
    """Raised anywhere below a route; becomes an ``ErrorAnswer`` with this HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.answer = ErrorAnswer(error=Problem(code=code, message=message))


class StoreAwayError(ApiError):
    """Redis does not answer: nothing is known until it does."""

    def __init__(self) -> None:
        super().__init__(503, "store_away", "Redis does not answer; figures on display are stale.")


def internal() -> ApiError:
    """500: what happened is in the log."""
    return ApiError(500, "internal", "This is a fault of the engine; its log has the details.")


def bad_request(code: str, message: str) -> ApiError:
    """400: the caller's mistake; the message says what would be right."""
    return ApiError(400, code, message)


def not_found(code: str, message: str) -> ApiError:
    """404: no such KPI or path."""
    return ApiError(404, code, message)
