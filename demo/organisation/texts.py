"""What people write: composed from parts, so that hardly two texts are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.organisation.phrases import (
    CLOSERS,
    DAYS,
    DETAILS,
    NEGATIVE,
    NEUTRAL,
    OPENERS,
    POSITIVE,
    SIGNATURES,
    SPANS,
    SUBJECTS,
)
from demo.organisation.world import PRODUCTS

if TYPE_CHECKING:
    from demo.organisation.simulation import Simulation

CUSTOMER_THEMES = ("checkout", "delivery", "support", "quality", "price", "app", "billing")
PARTNER_THEMES = ("portal", "training", "cooperation", "delivery", "support", "quality")
_CLAUSES = {"positive": POSITIVE, "neutral": NEUTRAL, "negative": NEGATIVE}
_NUMBERS = ("2", "3", "4", "5", "6", "7", "8", "9")


def mood(sim: Simulation, *, good: bool) -> str:
    """How somebody satisfied (or not) writes: not always as they feel."""
    u = sim.random()
    if good:
        return "positive" if u < 0.84 else "neutral" if u < 0.97 else "negative"
    return "negative" if u < 0.76 else "neutral" if u < 0.96 else "positive"


def compose(sim: Simulation, feeling: str, theme: str, channel: str | None = None) -> str:
    """A text of one or two clauses, with an opener and a closer where people use them."""
    pick = sim.pick
    clauses = _CLAUSES[feeling][theme]
    first = pick(clauses)
    text = pick(OPENERS[feeling]) + first
    if sim.random() < 0.3 and (second := pick(clauses)) is not first:
        text += pick(DETAILS[feeling]) + second
    text += "." if sim.random() < 0.6 and text[-1] != "?" else ""
    text += pick(CLOSERS[feeling])
    if channel == "social" and sim.random() < 0.5:
        text += f" #{theme}"
    elif sim.random() < 0.01:
        text += pick(SIGNATURES)
    return _fill(sim, text[0].upper() + text[1:] if sim.random() < 0.8 else text)


def subject(sim: Simulation, kind: str) -> str:
    """Of a ticket."""
    return _fill(sim, sim.pick(SUBJECTS[kind]))


def _fill(sim: Simulation, text: str) -> str:
    if "{" not in text:
        return text
    return text.format(
        p=sim.pick(PRODUCTS), n=sim.pick(_NUMBERS), t=sim.pick(SPANS), m=sim.pick(DAYS)
    )
