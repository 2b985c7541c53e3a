"""Keeping alerts: verdicts change them, changes are logged and told once, a restart loses none."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agents import keeping
from agents.keeping import AlertState
from schemas.alerts import (
    Action,
    ActionName,
    Announcement,
    Severity,
    Silence,
    Verdict,
    decode_announcement,
    decode_figures,
)
from schemas.measures import DAY_MS, MINUTE_MS
from schemas.names import Names
from schemas.readings import encode
from schemas.settings import Settings
from streams import table
from streams.batches import RecordBatch

NOON_MS = 1_700_049_600_000
NAMES = Names("t.")
SETTINGS = Settings(prefix="t.")
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
    state = AlertState(NAMES, SETTINGS)
    for v in verdicts:
        state.apply(batch(v), v.at)
        state.tick(v.at + 1_000)
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
    state = AlertState(NAMES, SETTINGS)
    for key, value in saved.items():
        state.restore(key, table.decode(value))
    state.restored()
    return state


def announced(state: AlertState) -> list[Announcement]:
    """What leaves for the alerts topic, the dead man's switch apart."""
    assert {letter.topic for letter in state.dead_letters} <= {NAMES.alerts}
    said = [decode_announcement(letter.value or b"") for letter in state.dead_letters]
    return [a for a in said if a.reason != "watchdog"]


def told(state: AlertState) -> list[tuple[str, str]]:
    """Status and severity of it."""
    return [(a.alert.status, a.alert.severity) for a in announced(state)]


def pages(state: AlertState) -> list[tuple[str, str]]:
    """Segment and reason of what people are told."""
    return [(a.alert.segment, a.reason) for a in announced(state) if a.page]


def test_a_bad_verdict_opens_an_alert() -> None:
    """Written, told and logged."""
    state = kept(verdict(0))
    alert = state.alerts[KEY]
    assert (alert.status, alert.severity, alert.opened_at) == ("open", "red", NOON_MS)
    assert told(state) == [("open", "red")]
    assert list(state.log.values()) == [alert]
    value = encode(alert)
    assert ("h", (NAMES.alerts_active, KEY, value)) in state.writes
    assert ("z", (NAMES.alert_log, str(alert.updated_at), value)) in state.writes
    assert pages(state) == [("customer", "opened")]
    assert state.urgent


def test_a_good_verdict_opens_none() -> None:
    """Nothing is kept of what is well."""
    state = kept(verdict(0, "ok"))
    assert (state.alerts, list(state.changes()), announced(state)) == ({}, [], [])


def test_new_figures_are_shown_but_not_told_again() -> None:
    """The log has changes of status and severity, not every value."""
    state = kept(verdict(0), verdict(1, value=0.4), verdict(2, value=0.3))
    assert state.alerts[KEY].value == 0.3
    assert told(state) == [("open", "red")]
    assert [kind for kind, _ in state.writes if kind == "z"] == ["z"]


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
    state.tick(now)
    assert KEY in state.alerts
    state.tick(now + 1)
    assert KEY not in state.alerts
    assert ("h", (NAMES.alerts_active, KEY, b"")) in state.writes
    save(state, saved)
    assert {key.partition("/")[0] for key in saved} == {"log", "spell"}


def test_a_restart_knows_every_alert() -> None:
    """And goes on with it; everything is written again."""
    state = kept(verdict(0), verdict(0, segment="partner"), verdict(1))
    saved: dict[str, bytes] = {}
    save(state, saved)
    again = loaded(saved)
    assert again.alerts == state.alerts
    assert again.log == state.log
    assert again.next_log == state.next_log == 2
    assert (again.book.alerts, again.spells) == (state.book.alerts, state.spells)
    assert again.dead_letters == []
    fields = sorted(field for kind, (_, field, _) in again.writes if kind == "h")
    assert fields == [KEY, "csat_drop:partner"]
    again.apply(batch(verdict(2, "ok"), verdict(3, "ok")), NOON_MS + 3 * MINUTE_MS)
    again.tick(NOON_MS + 3 * MINUTE_MS)
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
    state, saved = AlertState(NAMES, SETTINGS), {}  # type: tuple[AlertState, dict[str, bytes]]
    for i in range(5):
        state.apply(batch(verdict(i, segment=f"customer|channel=c{i}")), NOON_MS + i * 1_000)
        state.tick(NOON_MS + i * 1_000 + 900)
        save(state, saved)
    assert sorted(state.log) == [2, 3, 4]
    assert sorted(key for key in saved if key.startswith("log/")) == ["log/2", "log/3", "log/4"]
    assert loaded(saved).next_log == 5


def test_history_is_logged_as_such() -> None:
    """It was old when it was judged."""
    state = kept(verdict(0, history=True))
    assert state.alerts[KEY].history


def action(name: ActionName, number: int = 1, **more: str) -> Action:
    """Somebody does something with the alert."""
    given = {"fingerprint": KEY, "who": "kim", **more}
    return Action(id=f"a{number}", action=name, at=NOON_MS, **given)


def done(state: AlertState, *given: Action | Silence, now: int = NOON_MS) -> None:
    """A batch of what people did."""
    records = [SimpleNamespace(value=encode(g)) for g in given]
    state.apply_actions(RecordBatch(records, 0, len(records), caught_up=True), now)


def test_an_action_changes_its_alert_and_tells_its_caller() -> None:
    """With who and when, and the outcome by the action's id."""
    state = kept(verdict(0))
    done(state, action("acknowledge", comment="on it"), now=NOON_MS + 5_000)
    alert = state.alerts[KEY]
    assert (alert.status, alert.acknowledged_at) == ("acknowledged", NOON_MS + 5_000)
    assert (alert.steps[-1].who, alert.steps[-1].comment) == ("kim", "on it")
    outcome = state.outcomes["a1"]
    assert (outcome.accepted, outcome.reason, outcome.status) == (True, "acted", "acknowledged")
    assert ("h", (NAMES.action_outcomes, "a1", encode(outcome))) in state.writes
    assert not announced(state)[-1].page


def test_an_action_counts_once() -> None:
    """Whoever sends it again, also to a successor."""
    state = kept(verdict(0))
    done(state, action("comment"), action("comment"))
    saved: dict[str, bytes] = {}
    save(state, saved)
    again = loaded(saved)
    done(again, action("comment"))
    assert [s.what for s in again.alerts[KEY].steps].count("comment") == 1


def test_of_two_people_the_first_wins_and_the_second_is_told() -> None:
    """The order is that of the topic."""
    state = kept(verdict(0))
    done(state, action("resolve", 1), action("acknowledge", 2, who="lee"))
    assert state.alerts[KEY].status == "resolved"
    outcome = state.outcomes["a2"]
    assert (outcome.accepted, outcome.reason, outcome.status) == (False, "refused", "resolved")


def test_an_action_on_nothing_is_answered() -> None:
    """And what cannot be read harms nobody."""
    state = kept(verdict(0))
    junk = [SimpleNamespace(value=v) for v in (b"{}", None, b"not json")]
    state.apply_actions(RecordBatch(junk, 0, 3, caught_up=True), NOON_MS)
    done(state, action("acknowledge", fingerprint="nope"))
    assert state.outcomes["a1"].reason == "unknown_alert"


def test_silences_survive_a_restart_and_end_by_the_clock() -> None:
    """Then the alert pages, if it still stands."""
    state = AlertState(NAMES, SETTINGS)
    quiet = Silence(
        id="s1",
        matchers={"rule": "csat_drop"},
        starts_at=NOON_MS,
        ends_at=NOON_MS + 60_000,
        who="kim",
    )
    done(state, quiet)
    state.apply(batch(verdict(0)), NOON_MS)
    state.tick(NOON_MS + 1_000)
    assert (pages(state), state.alerts[KEY].muted[:15]) == ([], "silenced by kim")
    saved: dict[str, bytes] = {}
    save(state, saved)
    again = loaded(saved)
    again.tick(NOON_MS + 30_000)
    assert pages(again) == []
    again.tick(NOON_MS + 60_000)
    assert pages(again) == [("customer", "unmuted")]
    assert ("h", (NAMES.silences, "s1", b"")) in again.writes
    save(again, saved)
    assert "silence/s1" not in saved


def test_figures_tell_how_long_it_took() -> None:
    """From opening to being acknowledged and to the end, by the worst severity."""
    state = kept(verdict(0))
    done(state, action("acknowledge"), now=NOON_MS + 30_000)
    state.apply(batch(verdict(1, "ok"), verdict(2, "ok")), NOON_MS + 2 * MINUTE_MS)
    state.tick(NOON_MS + 2 * MINUTE_MS)
    state.tick(NOON_MS + 3 * MINUTE_MS)
    raw = [value for kind, (key, _, value) in state.writes if key == NAMES.alert_figures]
    shown = decode_figures(raw[-1])
    assert (shown.acknowledge["red"].mean_ms, shown.resolve["all"].p90_ms) == (30_000, 120_000)
    assert (shown.acknowledge["yellow"].n, shown.acknowledge["yellow"].mean_ms) == (0, None)


def test_the_dead_mans_switch_is_pressed_again_and_again() -> None:
    """It pages nobody; it is missed when it does not come."""
    state = AlertState(NAMES, SETTINGS)
    for second in range(0, 180, 5):
        state.tick(NOON_MS + second * 1_000)
    said = [decode_announcement(letter.value or b"") for letter in state.dead_letters]
    assert [a.at - NOON_MS for a in said] == [0, 60_000, 120_000]
    assert {(a.reason, a.alert.rule, a.page) for a in said} == {("watchdog", "watchdog", False)}
    assert state.log == {}


def test_a_source_that_is_back_is_told_in_blue_for_a_while() -> None:
    """Once, and it pages nobody."""
    where = {"rule": "sender_silent", "kpi": "events_accepted", "segment": "engine|source=crm"}
    state = kept(verdict(0, "yellow", **where), *(verdict(i, "ok", **where) for i in (6, 7)))
    back = state.alerts["source_back:engine|source=crm"]
    assert (back.severity, back.status, back.reason) == ("blue", "open", "it was silent for 7 min")
    assert [r for _, r in pages(state)] == ["opened", "resolved"]
    for minute in (8, 12, 18):
        state.tick(NOON_MS + minute * MINUTE_MS)
    assert state.alerts[back.fingerprint].status == "resolved"
    assert [r for _, r in pages(state)] == ["opened", "resolved"]
