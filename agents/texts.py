"""The text model that the folds are handed."""

from __future__ import annotations

from detectors.masking import masked
from detectors.text import Vader
from detectors.words import terms


class Text:
    """The text model the folds use: VADER's score, the mask, the terms."""

    def __init__(self) -> None:
        self._vader = Vader()
        self.version = self._vader.version

    def score(self, text: str) -> tuple[int, str]:
        return self._vader.score(text)

    def mask(self, text: str) -> str:
        return masked(text)

    def terms(self, text: str) -> tuple[str, ...]:
        return terms(masked(text))
