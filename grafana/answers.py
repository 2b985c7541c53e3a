"""The JSON that the API answers with. Times are epoch milliseconds; ``null`` is "no data"."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from schemas.alerts import DeliveryHealth, Severity, Status, Step
from schemas.paging import Attempt

HealthStatus = Literal["ok", "degraded", "failed"]
SourceState = Literal["ok", "waiting", "silent", "stopped"]


class KpiInfo(Struct, frozen=True, kw_only=True):
    """One KPI of the catalogue. Durations are in ms, percent as a share of 1."""

    id: str
    title: str
    subtitle: str
    unit: str
    kind: str
    audiences: tuple[str, ...]
    better: str
    target: float | None
    window: str
    windows: tuple[str, ...]
    resolution: str | None
    splits: tuple[tuple[str, ...], ...]
    hero: bool
    n_min: int
    provisional: bool
    topics: tuple[str, ...]


class Catalogue(Struct, frozen=True, kw_only=True):
    """All KPIs, and what is needed to format them."""

    time_zone: str
    currency: str
    kpis: tuple[KpiInfo, ...]


class LatestRow(Struct, frozen=True, kw_only=True):
    """One KPI, one segment, one window: the value now, and what it is compared with.

    ``error``: ± at 95 %; ``previous``: the same span a week before, ``delta`` the value less that;
    ``target_met``: None where either is missing; ``label``: the segment's own name in a split.
    """

    kpi: str
    title: str
    unit: str
    segment: str
    audience: str
    dims: dict[str, str]
    label: str
    window: str
    value: float | None
    n: int
    error: float | None
    target: float | None
    target_met: bool | None
    previous: float | None
    delta: float | None
    as_of: int | None
    version: int
    beside: dict[str, float | None]
    provisional: bool


class Latest(Struct, frozen=True, kw_only=True):
    """``as_of``: the newest data any of the rows rests on."""

    as_of: int | None
    rows: tuple[LatestRow, ...]


class SeriesRow(Struct, frozen=True, kw_only=True):
    """One step ``[time, time + step)`` of a trend."""

    time: int
    value: float | None
    n: int
    num: int | None
    den: int | None
    target: float | None
    beside: dict[str, float | None]


class Series(Struct, frozen=True, kw_only=True):
    """A trend at a complete cadence. ``method`` says how several panes became one step."""

    kpi: str
    title: str
    unit: str
    segment: str
    resolution: str
    step_ms: int
    method: dict[str, str]
    rows: tuple[SeriesRow, ...]


class AlertRow(Struct, frozen=True, kw_only=True):
    """An alert with every field there, so that tables have all their columns.

    ``time``: of its last change; ``word``: its severity for people; ``label``: the segment's name;
    ``since``: when it most likely began, where that is known; ``muted``: why it pages nobody.
    """

    time: int
    fingerprint: str
    rule: str
    kpi: str
    audience: str
    segment: str
    label: str
    title: str
    severity: Severity
    word: str
    status: Status
    value: float | None
    expected: float | None
    unit: str
    n: int
    reason: str
    action: str
    since: int | None
    opened_at: int
    updated_at: int
    acknowledged_at: int | None
    resolved_at: int | None
    version: int
    peak: Severity
    history: bool
    muted: str
    group: str
    folded_n: int
    owner: str
    dashboard: str
    evidence: str
    steps: tuple[Step, ...]


class Alerts(Struct, frozen=True, kw_only=True):
    """Alerts, newest first. ``rows`` of the log are snapshots, one a transition."""

    rows: tuple[AlertRow, ...]


class Receivers(Struct, frozen=True, kw_only=True):
    """Who is told of alerts, and how that goes; ``nobody`` where no file says whom to tell."""

    rows: tuple[DeliveryHealth, ...]


class Attempts(Struct, frozen=True, kw_only=True):
    """Attempts to tell somebody of an alert, newest first."""

    rows: tuple[Attempt, ...]


class Heatmap(Struct, frozen=True, kw_only=True):
    """How many alerts opened by hour of day: a row a day, columns ``00`` to ``23``."""

    time_zone: str
    rows: tuple[dict[str, int | str], ...]


class Annotation(Struct, frozen=True, kw_only=True, rename="camel"):
    """A region for a trend: an alert from its opening to its end (or to now)."""

    time: int
    time_end: int
    text: str
    tags: tuple[str, ...]


class Annotations(Struct, frozen=True, kw_only=True):
    """Regions that touch the asked span, oldest first."""

    rows: tuple[Annotation, ...]


class Listing(Struct, frozen=True, kw_only=True):
    """A list's rows, best or newest first; empty while there are none."""

    name: str
    audience: str
    rows: tuple[dict[str, Any], ...]


class DashboardRow(Struct, frozen=True, kw_only=True):
    """One dashboard of the menu."""

    uid: str
    title: str
    subtitle: str
    folder: str
    tags: tuple[str, ...]


class Dashboards(Struct, frozen=True, kw_only=True):
    """All dashboards in the menu's order; ``plotly``: where the chart library is served."""

    plotly: str
    rows: tuple[DashboardRow, ...]


class SourceRow(Struct, frozen=True, kw_only=True):
    """One source topic over its partitions. ``since``: when it fell silent or stopped.

    ``age_ms``: now less the newest event time; ``lag``: records not yet read.
    """

    topic: str
    state: SourceState
    partitions: int
    lag: int
    head_ms: int | None
    age_ms: int | None
    seen_ms: int
    since: int | None
    counts: dict[str, int]


class WorkerRow(Struct, frozen=True, kw_only=True):
    """One worker process that is running.

    ``unsaved_ms``: time since its last checkpoint while something is not saved; ``waiting_writes``:
    values on their way to Redis; ``latency_ms``: from a record's arrival at the broker to Redis.
    """

    worker: str
    started_at: int
    memory_bytes: int
    partitions: tuple[int, ...]
    unsaved_ms: int | None
    waiting_writes: int
    latency_ms: int | None


class Health(Struct, frozen=True, kw_only=True):
    """Whether the figures can be believed, and if not, why.

    ``since``: when it became so (of ``failed``: what is shown is stale since then).
    """

    status: HealthStatus
    reasons: tuple[str, ...]
    at: int
    since: int | None
    rate_per_s: float | None
    lag: int | None
    data_as_of: int | None
    sources: tuple[SourceRow, ...]
    workers: tuple[WorkerRow, ...]
