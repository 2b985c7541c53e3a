"""Takes mail addresses, phone and card numbers out of a text before it is stored or shown.

Rather too much than too little: a number of ten digits may be an order's, and is masked all the
same. Time is linear in the text: a match can begin only where a run of its characters begins, and
no pattern gives back what it has taken (possessive quantifiers).
"""

from __future__ import annotations

import re

MAIL, PHONE, CARD = "[mail]", "[phone]", "[card]"
PLACEHOLDERS = (MAIL, PHONE, CARD)

CARD_DIGITS = (13, 19)
PHONE_DIGITS = (7, 15)
# A number without any separator is taken for a phone's from here on.
PLAIN_PHONE_DIGITS = 10

_LOCAL = r"[\w.%+\-!#$&'*=?^`{|}~]"
_MAIL = re.compile(rf"(?<!{_LOCAL}){_LOCAL}++@[\w\-]++(?:\.[\w\-]++)++")
_GAP = r"[\s().\-/\u2010-\u2015]"
_NUMBER = re.compile(rf"(?<!\d)[+(]?\d(?:{_GAP}{{0,3}}\d)++")
_GROUPS = re.compile(r"\d+")
_SEP = r"[\-/.]"
_DATE = re.compile(
    rf"(?:(?:19|20)\d\d{_SEP}\d\d?{_SEP}\d\d?|\d\d?{_SEP}\d\d?{_SEP}(?:19|20)\d\d)(?:\s+\d\d?)?"
)


def masked(text: str) -> str:
    """The text with placeholders for what identifies a person. Masking twice changes nothing."""
    if "@" in text:
        text = _MAIL.sub(MAIL, text)
    return _NUMBER.sub(_number, text)


def _number(match: re.Match[str]) -> str:
    number = match.group()
    groups = _GROUPS.findall(number)
    if _holds_card(groups):
        return CARD
    digits = sum(map(len, groups))
    if not PHONE_DIGITS[0] <= digits <= PHONE_DIGITS[1] or _DATE.fullmatch(number):
        return number
    plain = len(groups) == 1 and number[0] not in "+("
    return number if plain and digits < PLAIN_PHONE_DIGITS else PHONE


def _holds_card(groups: list[str]) -> bool:
    """Whether neighbouring groups of digits make up a card number."""
    low, high = CARD_DIGITS
    for first in range(len(groups)):
        digits = ""
        for group in groups[first : first + high]:
            digits += group
            if len(digits) > high:
                break
            if len(digits) >= low and luhn(digits):
                return True
    return False


def luhn(digits: str) -> bool:
    """Whether a card number's check digit is right (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
