"""Keeping alerts: verdicts change them, changes are logged and told once, a restart loses none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agents import keeping
from agents.keeping import AlertState
from schemas.alerts import Severity, Verdict, decode_announcement
from schemas.measures import DAY_MS, MINUTE_MS
from schemas.names import Names
from schemas.readings import encode
from streams import table
from streams.batches import RecordBatch

NOON_MS = 1_700_049_600_000
NAMES = Names("t.")
KEY = "csat_drop:customer"


def verdict(minute: int, severity: Severity = "red", **changes: Any) -> Verdict:
    """What is said of the customers' CSAT at some minute."""
    given: dict[str, Any] = {
        "rule": "csat_drop",
        "kpi": "csat",
        "segment": "customer",
        "at": NOON_MS + minute * MINUTE_MS,
        "severity": severity,
        "clear": severity == "ok",
        "value": 0.5 if severity == "red" else 0.65,
        "expected": 0.9,
        "n": 100,
        "reason": "50 % of 100 answers in 24 h",
    }
    return Verdict(**{**given, **changes})


def batch(*verdicts: Verdict) -> RecordBatch:
    """As they come from their topic."""
    records = [SimpleNamespace(value=encode(v)) for v in verdicts]
    return RecordBatch(records, 0, len(records), caught_up=True)


def kept(*verdicts: Verdict) -> AlertState:
    """Alerts after some verdicts, each taken at its time."""
    state = AlertState(NAMES)
    for v in verdicts:
        state.apply(batch(v), v.at)
    return state


def save(state: AlertState, saved: dict[str, bytes]) -> None:
    """A checkpoint."""
    for key, value in state.changes():
        if value is None:
            saved.pop(key, None)
        else:
            saved[key] = table.encode(value)


def loaded(saved: dict[str, bytes]) -> AlertState:
    """A successor's alerts."""
    state = AlertState(NAMES)
    for key, value in saved.items():
        state.restore(key, table.decode(value))
    state.restored()
    return state


def told(state: AlertState) -> list[tuple[str, str]]:
    """What leaves for the alerts topic: status and severity."""
    alerts = [decode_announcement(letter.value or b"").alert for letter in state.dead_letters]
    assert {letter.topic for letter in state.dead_letters} <= {NAMES.alerts}
    return [(alert.status, alert.severity) for alert in alerts]


def test_a_bad_verdict_opens_an_alert() -> None:
    """Written, told and logged."""
    state = kept(verdict(0))
    alert = state.alerts[KEY]
    assert (alert.status, alert.severity, alert.opened_at) == ("open", "red", NOON_MS)
    assert told(state) == [("open", "red")]
    assert list(state.log.values()) == [alert]
    value = encode(alert)
    assert state.writes == [
        ("h", (NAMES.alerts_active, KEY, value)),
        ("z", (NAMES.alert_log, str(alert.updated_at), value)),
    ]


def test_a_good_verdict_opens_none() -> None:
    """Nothing is kept of what is well."""
    state = kept(verdict(0, "ok"))
    assert (state.alerts, state.writes, list(state.changes())) == ({}, [], [])


def test_new_figures_are_shown_but_not_told_again() -> None:
    """The log has changes of status and severity, not every value."""
    state = kept(verdict(0), verdict(1, value=0.4), verdict(2, value=0.3))
    assert state.alerts[KEY].value == 0.3
    assert told(state) == [("open", "red")]
    assert [kind for kind, _ in state.writes] == ["h", "z", "h", "h"]


def test_a_repeated_verdict_changes_nothing() -> None:
    """A judge that crashed says the same again."""
    state = kept(verdict(0), verdict(1))
    before = dict(state.alerts)
    state.writes = []
    state.apply(batch(verdict(0), verdict(1)), NOON_MS + DAY_MS // 2)
    assert (state.alerts, state.writes) == (before, [])


def test_it_resolves_after_clear_panes_in_a_row() -> None:
    """And that is told."""
    state = kept(verdict(0), verdict(1, "ok"), verdict(2, "ok"))
    assert state.alerts[KEY].status == "resolved"
    assert told(state) == [("open", "red"), ("resolved", state.alerts[KEY].severity)]


def test_what_was_resolved_long_ago_is_dropped() -> None:
    """From the active ones; the log still has it."""
    state = kept(verdict(0), verdict(1, "ok"), verdict(2, "ok"))
    saved: dict[str, bytes] = {}
    save(state, saved)
    state.writes = []
    now = state.alerts[KEY].updated_at + DAY_MS
    state.apply(batch(), now)
    assert KEY in state.alerts
    state.apply(batch(), now + 1)
    assert KEY not in state.alerts
    assert state.writes == [("h", (NAMES.alerts_active, KEY, b""))]
    save(state, saved)
    assert {key.partition("/")[0] for key in saved} == {"log"}


def test_a_restart_knows_every_alert() -> None:
    """And goes on with it; everything is written again."""
    state = kept(verdict(0), verdict(0, segment="partner"), verdict(1))
    saved: dict[str, bytes] = {}
    save(state, saved)
    again = loaded(saved)
    assert again.alerts == state.alerts
    assert again.log == state.log
    assert again.next_log == state.next_log == 2
    assert again.dead_letters == []
    fields = sorted(field for kind, (_, field, _) in again.writes if kind == "h")
    assert fields == [KEY, "csat_drop:partner"]
    again.apply(batch(verdict(2, "ok"), verdict(3, "ok")), NOON_MS + 3 * MINUTE_MS)
    assert again.alerts[KEY].status == "resolved"
    assert told(again) == [("resolved", again.alerts[KEY].severity)]


def test_only_changes_are_saved() -> None:
    """An alert that stays as it was costs nothing."""
    state = kept(verdict(0), verdict(0, segment="partner"))
    save(state, {})
    state.apply(batch(verdict(1)), NOON_MS + MINUTE_MS)
    assert [key for key, _ in state.changes()] == [f"alert/{KEY}"]


def test_the_log_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest entries go, from the saved state too."""
    monkeypatch.setattr(keeping, "LOG_MAX", 3)
    state, saved = AlertState(NAMES), {}  # type: tuple[AlertState, dict[str, bytes]]
    for i in range(5):
        state.apply(batch(verdict(i, segment=f"customer|channel=c{i}")), NOON_MS)
        save(state, saved)
    assert sorted(state.log) == [2, 3, 4]
    assert sorted(key for key in saved if key.startswith("log/")) == ["log/2", "log/3", "log/4"]
    assert loaded(saved).next_log == 5


def test_history_is_logged_as_such() -> None:
    """It was old when it was judged."""
    state = kept(verdict(0, history=True))
    assert state.alerts[KEY].history
