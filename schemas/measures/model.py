"""Measures: the exact, mergeable sums that every KPI is computed from.

A measure's *cell* is a vector of integers (or, for a histogram, a sparse map). Cells are kept for
each *pane* (a span of event time ``[start, start + width)``) and each *segment* (audience, and one
value of a split). A cell's key reads ``measure|audience`` or ``measure|audience|channel=email``;
what follows the first bar is the segment. Cells of one key add up, over panes and over partitions.
"""

from __future__ import annotations

import math
from typing import Literal

from msgspec import Struct

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


class Tier(Struct, frozen=True):
    """A pane width, how long its panes take corrections, and how long they are kept.

    Both ages are measured from the watermark. A late event still lands in every tier that takes
    corrections of its age.
    """

    width_ms: int
    correct_ms: int
    keep_ms: int


# h: hours; H: hours of cohorts, settled long after (FCR, promises, journeys); D: days of cohorts
# (training); L: the steps of a level (+1 opened, −1 closed), by the minute, also in the future.
TIERS: dict[str, Tier] = {
    "m": Tier(MINUTE_MS, 2 * HOUR_MS, 3 * HOUR_MS),
    "f": Tier(5 * MINUTE_MS, 26 * HOUR_MS, 28 * HOUR_MS),
    "h": Tier(HOUR_MS, 50 * HOUR_MS, 40 * DAY_MS),
    "H": Tier(HOUR_MS, 9 * DAY_MS, 40 * DAY_MS),
    "D": Tier(DAY_MS, 120 * DAY_MS, 400 * DAY_MS),
    "L": Tier(MINUTE_MS, 50 * HOUR_MS, 50 * HOUR_MS),
    # Only in the merge stage: steps by the hour, from which a level's past is counted back.
    "S": Tier(HOUR_MS, 50 * HOUR_MS, 40 * DAY_MS),
}


class Window(Struct, frozen=True):
    """A sliding window: the sum of the panes of the first tier (in order) that a series has."""

    id: str
    span_ms: int
    tiers: str


WINDOWS: tuple[Window, ...] = (
    Window("5m", 5 * MINUTE_MS, "m"),
    Window("1h", HOUR_MS, "m"),
    Window("24h", DAY_MS, "fhH"),
    Window("7d", 7 * DAY_MS, "hH"),
    Window("30d", 30 * DAY_MS, "hHD"),
    Window("90d", 90 * DAY_MS, "D"),
)
WINDOW_IDS: tuple[str, ...] = tuple(w.id for w in WINDOWS)

Kind = Literal["flow", "cohort", "daily", "level"]
# Tiers of the total and the small splits; a partner split has hundreds of values and starts at
# the hour, so it has no windows below 24 h.
FINE_TIERS: dict[Kind, str] = {"flow": "mfh", "cohort": "H", "daily": "D", "level": "L"}
PARTNER_TIERS: dict[Kind, str] = {"flow": "h", "cohort": "H", "daily": "D", "level": "L"}


class Measure(Struct, frozen=True, kw_only=True):
    """One row: what is summed, from which topic, for which splits.

    ``dims`` are the dimension values a fold hands over, in this order; ``splits`` name subsets of
    them (the total always exists). ``histogram`` cells hold field 0 = n, 1 = sum, 2 + bucket.
    """

    id: str
    topic: str
    fields: tuple[str, ...] = ("n",)
    kind: Kind = "flow"
    dims: tuple[str, ...] = ()
    splits: tuple[tuple[str, ...], ...] = ()
    partner: bool = False
    histogram: bool = False


# Logarithmic histogram buckets: bucket b holds values in (G^(b-1), G^b]; the value reported is
# 2·G^b/(G+1), within HISTOGRAM_ERROR of any value in the bucket (Masson et al., DDSketch, 2019).
HISTOGRAM_BASE = 1.1
HISTOGRAM_ERROR = (HISTOGRAM_BASE - 1) / (HISTOGRAM_BASE + 1)
_LOG_BASE = math.log(HISTOGRAM_BASE)
FIRST_BUCKET = 2


def bucket(value_ms: int) -> int:
    """Field number of a duration (milliseconds ≥ 0) in a histogram cell; 1 s is the smallest."""
    seconds = value_ms / 1000
    return FIRST_BUCKET + (0 if seconds <= 1 else math.ceil(math.log(seconds) / _LOG_BASE))


def bucket_value_ms(field: int) -> float:
    """The duration that stands for a bucket."""
    return 2000 * HISTOGRAM_BASE ** (field - FIRST_BUCKET) / (HISTOGRAM_BASE + 1)


def histogram(value_ms: int) -> dict[int, int]:
    """The cell of a single duration."""
    return {0: 1, 1: value_ms, bucket(value_ms): 1}
