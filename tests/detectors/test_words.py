"""The terms that a text contributes to word clouds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.masking import masked
from detectors.words import LETTERS_MAX, LETTERS_MIN, STOP_WORDS, TERMS_MAX, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The DELIVERY was late, late, LATE!", ("delivery", "late")),
        ("My parcel's box isn't here", ("parcel", "box")),
        ("Größe zu klein", ("größe", "klein")),
        ("it is ok", ()),
        ("tracking 12345 abc_def", ("tracking", "abc", "def")),
        ("", ()),
    ],
)
def test_examples(text: str, expected: tuple[str, ...]) -> None:
    """Lower case, each once, in order; no stop words, numbers or short words."""
    assert terms(text) == expected


def test_what_was_masked_is_no_term() -> None:
    """Placeholders are ours, not the writer's."""
    assert terms(masked("refund to jo@example.com or +49 89 1234567")) == ("refund",)


@given(st.text(max_size=2_000))
def test_terms_are_few_distinct_and_of_sensible_length(text: str) -> None:
    """Whatever the text."""
    found = terms(text)
    assert len(found) <= TERMS_MAX
    assert len(set(found)) == len(found)
    assert all(LETTERS_MIN <= len(t) <= LETTERS_MAX and t not in STOP_WORDS for t in found)


def test_a_text_gives_no_more_than_its_cap() -> None:
    """A long text weighs no more than others."""
    assert (
        len(
            terms(
                " ".join("w" + chr(97 + i) * 3 + chr(97 + j) for i in range(26) for j in range(9))
            )
        )
        == TERMS_MAX
    )
