"""Who acts: a person's own token says who they are; nobody can claim to be another."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from pathlib import Path

TOKEN_CHARS_MIN = 16


class People:
    """Names by token."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self._tokens = {token.encode(): name for token, name in tokens.items()}

    def __bool__(self) -> bool:
        return bool(self._tokens)

    def who(self, given: bytes) -> str | None:
        """Whose token it is; takes as long for a wrong one as for a right one."""
        found = None
        for token, name in self._tokens.items():
            if hmac.compare_digest(given, token):
                found = name
        return found


def load_people(path: str) -> People:
    """Read the file: a name, space, a token on each line. Raises ``ValueError`` naming the line."""
    if not path:
        return People({})
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"CC_ACTION_TOKENS_FILE={path}: {error}") from None
    tokens: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, token = line.strip().rpartition(" ")
        where = f"CC_ACTION_TOKENS_FILE={path}: line {number}"
        if not name.strip() or len(token) < TOKEN_CHARS_MIN:
            raise ValueError(f"{where}: a name, space, a token of {TOKEN_CHARS_MIN} characters")
        if token in tokens:
            raise ValueError(f"{where}: the token of another")
        tokens[token] = name.strip()
    return People(tokens)


def bearer(header: str) -> bytes:
    """The token of an ``Authorization`` header; empty if it holds none."""
    # Header bytes come decoded as latin-1, whatever they are.
    scheme, _, given = header.encode("latin-1").partition(b" ")
    return given.strip() if scheme.lower() == b"bearer" else b""
