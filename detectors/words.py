"""The terms of a text, for word clouds and top words."""

from __future__ import annotations

import re

from detectors.masking import PLACEHOLDERS

TERMS_MAX = 40
LETTERS_MIN, LETTERS_MAX = 3, 30

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s$")

# Words that say nothing of what a text is about (English).
STOP_WORDS = frozenset(
    """
    a about above after again all also am an and any are aren't as at be because been before being
    below between both but by can can't cannot could couldn't did didn't do does doesn't doing don't
    done down during each even ever every few for from further get gets getting go goes going got
    had hadn't has hasn't have haven't having he her here hers herself hey him himself his how i
    i'd i'll i'm i've if in into is isn't it it's its itself i’m just know let like made make many
    may me might more most much must my myself need never no nor not now of off on once one only or
    other our ours ourselves out over own please put said same say see she should shouldn't since so
    some still such take than thank thanks that that's the their theirs them themselves then there
    there's these they they're they've thing things this those through till to too two under until
    up upon us use used very via want was wasn't way we we'd we'll we're we've well were weren't
    what what's when where which while who whom why will with without won't would wouldn't yes yet
    you you'd you'll you're you've your yours yourself
    """.split()  # noqa: SIM905 - a list of 190 literals is no easier to read
)


def terms(text: str) -> tuple[str, ...]:
    """The distinct terms of a (masked) text, in order of appearance, at most ``TERMS_MAX``.

    A term is a word of 3 to 30 letters in lower case that is no stop word. A text counts once for
    each of its terms, however often it repeats one.
    """
    for placeholder in PLACEHOLDERS:
        text = text.replace(placeholder, " ")
    found: dict[str, None] = {}
    for match in _WORD.finditer(text.lower()):
        word = _POSSESSIVE.sub("", match.group()).replace("’", "'")
        if LETTERS_MIN <= len(word) <= LETTERS_MAX and word not in STOP_WORDS:
            found[word] = None
            if len(found) == TERMS_MAX:
                break
    return tuple(found)
