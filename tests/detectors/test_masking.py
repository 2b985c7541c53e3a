"""What identifies a person is masked, whatever stands around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.masking import CARD, MAIL, PHONE, luhn, masked

# Text around a planted secret: no digits, mail characters or number separators that extend it.
AROUND = st.text(st.sampled_from("abc XYZ,;:!?äß\n"), max_size=40)
LABEL = st.text(st.sampled_from("abcxyz0189"), min_size=1, max_size=12)


def check_digit(digits: str) -> str:
    """The digit that makes ``digits`` pass Luhn's check."""
    return next(d for d in "0123456789" if luhn(digits + d))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to jo.doe+x@mail.example.com now", f"write to {MAIL} now"),
        ("<o'brien@example.ie>", f"<{MAIL}>"),
        ("müller@übung.example.", f"{MAIL}."),
        ("a@b is no address", "a@b is no address"),
        ("call +49 (0)89 1234-5678 today", f"call {PHONE} today"),
        ("call (555) 123-4567", f"call {PHONE}"),
        ("555-1234", PHONE),
        ("0891234567", PHONE),
        ("card 4111 1111 1111 1111 exp 12/27", f"card {CARD} exp 12/27"),
        ("4111-1111-1111-1111", CARD),
        ("378282246310005", CARD),
        ("4111 1111 1111 1111 2027", CARD),
        ("order 12345 of 2026-11-22 10:30", "order 12345 of 2026-11-22 10:30"),
        ("on 22.11.2026", "on 22.11.2026"),
        ("costs 1200.50 for 3", "costs 1200.50 for 3"),
        ("", ""),
    ],
)
def test_examples(text: str, expected: str) -> None:
    """Addresses and numbers go, dates, amounts and short order numbers stay."""
    assert masked(text) == expected


@given(AROUND, LABEL, LABEL, LABEL, AROUND)
def test_a_mail_address_never_survives(a: str, name: str, host: str, top: str, b: str) -> None:
    """Wherever it stands, neither its name nor its host is left."""
    result = masked(f"{a} {name}@{host}.{top} {b}")
    assert "@" not in result
    assert MAIL in result


@given(
    AROUND, st.text("0123456789", min_size=12, max_size=18), st.sampled_from(["", " ", "-"]), AROUND
)
def test_a_card_number_never_survives(a: str, digits: str, gap: str, b: str) -> None:
    """In groups of four or in one piece."""
    number = digits + check_digit(digits)
    grouped = gap.join(number[i : i + 4] for i in range(0, len(number), 4))
    result = masked(f"{a} {grouped} {b}")
    assert not any(char.isdigit() for char in result)


@given(AROUND, st.text("0123456789", min_size=6, max_size=12), st.sampled_from(["", " ", "/", "."]))
def test_an_international_number_never_survives(a: str, digits: str, gap: str) -> None:
    """With any separator."""
    number = f"+4{gap}{gap.join(digits[i : i + 3] for i in range(0, len(digits), 3))}"
    assert not any(char.isdigit() for char in masked(f"{a} {number}"))


@given(st.text(st.sampled_from("aZ09 .-+()@/:ä4111\n"), max_size=200))
def test_masking_twice_changes_nothing(text: str) -> None:
    """A masked text holds nothing to mask."""
    assert masked(masked(text)) == masked(text)


@given(st.text().filter(lambda t: "@" not in t and not any(c.isdigit() for c in t)))
def test_a_text_without_digits_and_addresses_is_left_alone(text: str) -> None:
    """Nothing else is touched."""
    assert masked(text) == text


@given(st.text("0123456789", min_size=12, max_size=18), st.integers(0, 17), st.integers(1, 9))
def test_luhn_notices_any_single_wrong_digit(digits: str, place: int, by: int) -> None:
    """What the check digit is for."""
    number = digits + check_digit(digits)
    place %= len(number)
    wrong = str((int(number[place]) + by) % 10)
    assert not luhn(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "a." * 100_000,
        "a@" * 100_000,
        "1" * 200_000,
        "1 " * 100_000,
        "+(" * 100_000,
        "1-(" * 60_000,
        "a@b." * 50_000,
        "1" + " " * 200_000,
        "@" * 200_000,
    ],
    ids=range(10),
)
def test_hostile_texts_end(text: str) -> None:
    """Quadratic patterns would take minutes here (the suite's time limit ends them)."""
    assert len(masked(text)) <= len(text)
