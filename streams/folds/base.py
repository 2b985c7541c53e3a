"""What a fold works with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from schemas.events import Event
from streams.distinct import Accounts
from streams.entities import Facts
from streams.lists import Lists
from streams.memory import Memory
from streams.money import Rates
from streams.panes import Panes
from streams.tops import Tops


class TextModel(Protocol):
    """Says what a text feels like. Must be deterministic for one version."""

    version: str

    def score(self, text: str) -> tuple[int, str]:
        """Score −1000 … 1000 and positive, neutral or negative."""

    def mask(self, text: str) -> str:
        """The text without mail addresses, phone and card numbers."""

    def terms(self, text: str) -> tuple[str, ...]:
        """The distinct terms of a text, without what ``mask`` takes out."""


class Context:
    """The state of one topic partition that folds add to."""

    def __init__(
        self, panes: Panes, lists: Lists, memory: Memory, text: TextModel, money: Rates
    ) -> None:
        self.panes = panes
        self.lists = lists
        self.memory = memory
        self.text = text
        self.money = money
        self.tops = Tops()
        self.accounts = Accounts(panes.keys)
        # Of these every negative text is listed apart: somebody must see each.
        self.key_accounts: frozenset[str] = frozenset()

    def count_terms(self, audience: str, at: int, label: str, body: str | None) -> None:
        """Add a text's terms to the words and, by its label, to the keywords."""
        if not body:
            return
        terms = [(term, 1) for term in self.text.terms(body)]
        names = ["words"] if label == "neutral" else ["words", f"keywords_{label}"]
        for name in names if terms else ():
            self.tops.add(name, audience, at, self.panes.watermark, terms)


class Fold(Protocol):
    """Folds the events of one topic partition."""

    @property
    def things(self) -> tuple[Facts, ...]:
        """The facts it keeps, to be saved."""

    def __init__(self, context: Context) -> None: ...

    def handlers(self) -> dict[type[Event], Callable[[Any], Any]]:
        """What to do with each event type."""

    def take_facts(self, e: Any) -> bool:
        """Take only the facts of things with a life, as of a late event; whether it has any."""


class NoFold:
    """A topic whose events are decoded, de-duplicated and counted, and feed no measure yet."""

    things: tuple[Facts, ...] = ()

    def __init__(self, context: Context) -> None:
        """Nothing is kept."""

    def handlers(self) -> dict[type[Event], Callable[[Any], None]]:
        """None."""
        return {}

    def take_facts(self, e: Any) -> bool:
        """None."""
        return False


# Score of a sentiment that the sender gave: it wins over ours.
GIVEN_SCORES = {"positive": 700, "neutral": 0, "negative": -700}


def feeling(text: TextModel, given: str | None, body: str | None) -> tuple[int, str] | None:
    """Score and label of a feedback or mention; None if there is nothing to judge."""
    if given is not None:
        return GIVEN_SCORES[given], given
    if body is None or not body.strip():
        return None
    return text.score(body)


def sentiment_cell(score: int, label: str) -> tuple[int, ...]:
    """Cell of the sentiment measures."""
    return (
        1,
        label == "positive",
        label == "neutral",
        label == "negative",
        score,
        score * score,
    )
