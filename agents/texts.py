"""The text model that the folds are handed."""

from __future__ import annotations

from detectors.masking import masked
from detectors.text import Vader
from detectors.words import terms


class Text:
    """The text model the folds use: VADER's score, the mask, the terms."""

    def __init__(self, chars_max: int) -> None:
        self.chars_max = chars_max
        self._vader = Vader()
        self.version = self._vader.version

    def score(self, text: str) -> tuple[int, str]:
        return self._vader.score(text[: self.chars_max])

    def mask(self, text: str) -> str:
        return masked(text[: self.chars_max])

    def terms(self, text: str) -> tuple[str, ...]:
        return terms(masked(text[: self.chars_max]))
