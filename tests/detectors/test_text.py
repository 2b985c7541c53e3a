"""A text model gives every text a tone and a label, in bounded time."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.text import CHARS_MAX, EMOJI_MAX, WORDS_MAX, Vader, label_of

MODEL = Vader()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I love this, great service!", "positive"),
        ("Terrible. My order is late again and nobody helps.", "negative"),
        ("My parcel came on Tuesday.", "neutral"),
        ("", "neutral"),
        ("   \n ", "neutral"),
    ],
)
def test_plain_texts_have_their_label(text: str, label: str) -> None:
    """The model speaks English."""
    assert MODEL.score(text)[1] == label


@pytest.mark.parametrize(
    ("milli", "label"),
    [(50, "positive"), (49, "neutral"), (-49, "neutral"), (-50, "negative"), (0, "neutral")],
)
def test_neutral_ends_at_fifty_thousandths(milli: int, label: str) -> None:
    """VADER's own limit."""
    assert label_of(milli) == label


@given(st.text(max_size=300))
def test_any_text_has_a_tone_within_bounds_and_always_the_same(text: str) -> None:
    """Asked once or twice."""
    milli, label = MODEL.score(text)
    assert -1000 <= milli <= 1000
    assert label == label_of(milli)
    assert MODEL.score(text) == (milli, label)


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    """By words and by characters."""
    neutral = "word " * WORDS_MAX
    assert MODEL.score(neutral + "terrible awful hate") == MODEL.score(neutral)
    assert MODEL.score("x" * CHARS_MAX + " terrible") == MODEL.score("x" * CHARS_MAX)


def test_many_emoji_count_as_a_few() -> None:
    """Each of them would be several words."""
    assert MODEL.score("😡" * 1_000) == MODEL.score("😡" * EMOJI_MAX)


def test_the_version_names_the_installed_lexicon() -> None:
    """A new lexicon is a new version."""
    assert MODEL.version == "vader-" + version("vaderSentiment")
