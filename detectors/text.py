"""What a text says: a score and a label."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, Protocol

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

Label = Literal["positive", "neutral", "negative"]

# VADER's own limits of neutral, ± 0.05, in thousandths.
NEUTRAL_MILLI = 50
# VADER takes time quadratic in the words it knows: what it reads is bounded.
WORDS_MAX = 200
CHARS_MAX = 2_000
EMOJI_MAX = 30
_CACHE_MAX = 16_384


class TextModel(Protocol):
    """Scores texts. Equal versions give equal scores."""

    version: str

    def score(self, text: str) -> tuple[int, Label]:
        """Tone in thousandths (−1000 … 1000), and the label that goes with it."""
        ...


def label_of(milli: int) -> Label:
    """The label of a tone in thousandths."""
    if milli >= NEUTRAL_MILLI:
        return "positive"
    return "negative" if milli <= -NEUTRAL_MILLI else "neutral"


class Vader:
    """VADER (Hutto and Gilbert, 2014): a lexicon with rules, for short English texts.

    Reads the first ``WORDS_MAX`` words. Needs no training and learns nothing; on customers'
    tweets it labels half of the texts right, so it is where to start and not where to end.
    """

    version = "vader-3.3.2"

    def __init__(self) -> None:
        self._analyzer = SentimentIntensityAnalyzer()
        self._cached = lru_cache(maxsize=_CACHE_MAX)(self._score)

    def score(self, text: str) -> tuple[int, Label]:
        """Tone in thousandths and label; the same for the same text, always."""
        return self._cached(text[:CHARS_MAX])

    def _score(self, text: str) -> tuple[int, Label]:
        words = self._few_emoji(" ".join(text.split(None, WORDS_MAX)[:WORDS_MAX]))
        milli = round(1000 * self._analyzer.polarity_scores(words)["compound"])
        return milli, label_of(milli)

    def _few_emoji(self, text: str) -> str:
        """The text without its later emoji: VADER reads each as several words."""
        emoji = [i for i, char in enumerate(text) if char in self._analyzer.emojis]
        if len(emoji) <= EMOJI_MAX:
            return text
        late = set(emoji[EMOJI_MAX:])
        return "".join(char for i, char in enumerate(text) if i not in late)
