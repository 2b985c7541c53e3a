"""The alert's transition table: opens, moves, resolves, and never says a thing twice."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from detectors import actions as table
from detectors.actions import ACTIONS
from detectors.lifecycle import REOPEN_MS, STEPS_MAX, UNCHANGED, Reason, step
from schemas.alerts import CLEAR_PANES, SEVERITY_RANK, Action, ActionName, Alert, Severity, Verdict

MINUTE = 60_000
NEWS = {Reason.OPENED, Reason.REOPENED, Reason.WENT_LIVE, Reason.RAISED, Reason.RESOLVED}


def act(
    alert: Alert, name: ActionName, who: str, now_ms: int, comment: str = "", owner: str = ""
) -> tuple[Alert, Reason]:
    """What somebody does with it."""
    action = Action(
        id="a",
        fingerprint=alert.fingerprint,
        action=name,
        who=who,
        at=now_ms,
        comment=comment,
        owner=owner,
    )
    return table.act(alert, action, now_ms)


def verdict(
    minute: int, severity: Severity = "yellow", *, clear: bool = False, **more: Any
) -> Verdict:
    """A verdict on the pane that ends at ``minute``."""
    given: dict[str, Any] = {
        "rule": "csat_drop",
        "kpi": "csat",
        "segment": "customer|channel=email",
        "value": 0.65,
        "expected": 0.82,
        "n": 40,
        "reason": "65 %",
    }
    return Verdict(at=minute * MINUTE, severity=severity, clear=clear, **(given | more))


def tried(*verdicts: Verdict, alert: Alert | None = None) -> tuple[Alert | None, list[Reason]]:
    """The alert after some verdicts (None: none was opened), and the reason of each."""
    reasons = []
    for v in verdicts:
        alert, reason = step(alert, v, v.at + 5_000)
        reasons.append(reason)
    return alert, reasons


def run(*verdicts: Verdict, alert: Alert | None = None) -> tuple[Alert, list[Reason]]:
    """The same where there is an alert afterwards."""
    alert, reasons = tried(*verdicts, alert=alert)
    assert alert is not None
    return alert, reasons


def ok(minute: int, *, clear: bool = True, **more: Any) -> Verdict:
    """A verdict that all is well, by the margin or not."""
    return verdict(minute, "ok", clear=clear, value=0.8, **more)


def test_first_breach_opens_an_alert_that_says_what_to_do() -> None:
    """With the rule's title, action and audience."""
    alert, reasons = run(verdict(10, "red"))
    assert reasons == [Reason.OPENED]
    assert (alert.status, alert.severity, alert.peak) == ("open", "red", "red")
    assert alert.title == "CSAT drop: email"
    assert alert.audience == "customer"
    assert "low answers" in alert.action
    assert alert.opened_at == 10 * MINUTE
    assert alert.version == 1


def test_what_is_well_opens_nothing() -> None:
    """Clear or in between."""
    assert tried(ok(1), ok(2, clear=False)) == (None, [Reason.QUIET, Reason.QUIET])


def test_two_clear_panes_in_a_row_resolve() -> None:
    """A breach, or a pane between breach and clear, starts the count again."""
    #         y  c  y  c  -  c  c
    alert, reasons = run(verdict(1), ok(2), verdict(3), ok(4), ok(5, clear=False), ok(6), ok(7))
    assert reasons == [
        Reason.OPENED,
        Reason.CLEARING,
        Reason.UPDATED,
        Reason.CLEARING,
        Reason.HELD,
        Reason.CLEARING,
        Reason.RESOLVED,
    ]
    assert alert.status == "resolved"
    assert alert.resolved_at == 7 * MINUTE


def test_between_breach_and_clear_nothing_changes_but_the_value() -> None:
    """This is the hysteresis."""
    opened, _ = run(verdict(1, "red"))
    held, reasons = run(ok(2, clear=False), alert=opened)
    assert reasons == [Reason.HELD]
    assert (held.status, held.severity, held.value) == ("open", "red", 0.8)


def test_severity_follows_and_peak_stays() -> None:
    """Up and down."""
    alert, reasons = run(verdict(1), verdict(2, "red"), verdict(3))
    assert reasons == [Reason.OPENED, Reason.RAISED, Reason.LOWERED]
    assert (alert.severity, alert.peak) == ("yellow", "red")


def test_an_alert_keeps_the_start_of_the_shift_it_was_told() -> None:
    """Until a better one is told."""
    alert, _ = run(verdict(9, since=5 * MINUTE), verdict(10), verdict(11, since=4 * MINUTE))
    assert alert.since == 4 * MINUTE
    alert, _ = run(verdict(12), alert=alert)
    assert alert.since == 4 * MINUTE


def test_what_comes_back_soon_opens_the_same_alert_again() -> None:
    """Its beginning stays."""
    resolved, _ = run(verdict(1), ok(2), ok(3))
    alert, reasons = run(verdict(10), alert=resolved)
    assert reasons == [Reason.REOPENED]
    assert (alert.status, alert.opened_at, alert.resolved_at) == ("open", MINUTE, None)


def test_what_comes_back_late_is_a_new_alert_of_a_higher_version() -> None:
    """With a log of its own."""
    resolved, _ = run(verdict(1), ok(2), ok(3))
    minute = 4 + REOPEN_MS // MINUTE
    alert, reasons = run(verdict(minute), alert=resolved)
    assert reasons == [Reason.OPENED]
    assert alert.opened_at == minute * MINUTE
    assert alert.version == resolved.version + 1
    assert len(alert.steps) == 1


def test_history_opens_and_resolves_without_a_page() -> None:
    """It is for the log and the heatmap."""
    alert, _ = run(verdict(1, history=True))
    assert alert.history
    alert, _ = run(ok(2, history=True), ok(3, history=True), alert=alert)
    assert (alert.status, alert.history) == ("resolved", True)


def test_what_is_still_true_at_the_head_goes_live_once() -> None:
    """That is the one page of a catch-up."""
    alert, reasons = run(verdict(1, history=True), verdict(60), verdict(61))
    assert reasons == [Reason.OPENED, Reason.WENT_LIVE, Reason.UPDATED]
    assert not alert.history


def test_a_live_alert_stays_live_through_a_catch_up() -> None:
    """Whoever was paged is not forgotten."""
    alert, reasons = run(verdict(1), verdict(2, history=True), verdict(3))
    assert not alert.history
    assert Reason.WENT_LIVE not in reasons


def test_resolved_by_hand_stays_so_until_it_was_clear() -> None:
    """Nobody wants the alert back that they just closed."""
    opened, _ = run(verdict(1))
    by_hand, reason = act(opened, "resolve", "kim", 2 * MINUTE, "known")
    assert reason is Reason.RESOLVED
    alert, reasons = run(verdict(3), verdict(4), ok(5), ok(6), verdict(7), alert=by_hand)
    assert reasons == [
        Reason.SETTLED_BY_HAND,
        Reason.SETTLED_BY_HAND,
        Reason.CLEARING,
        Reason.CLEARING,
        Reason.REOPENED,
    ]
    assert alert.status == "open"


def test_resolved_by_hand_opens_again_if_it_gets_worse() -> None:
    """That is news."""
    opened, _ = run(verdict(1))
    by_hand, _ = act(opened, "resolve", "kim", 2 * MINUTE)
    alert, reasons = run(verdict(3, "red"), alert=by_hand)
    assert reasons == [Reason.REOPENED]
    assert alert.severity == "red"


def test_a_person_takes_an_alert_through_its_statuses() -> None:
    """With who, when and why in the log."""
    alert, _ = run(verdict(1))
    path: tuple[tuple[ActionName, str], ...] = (
        ("acknowledge", "acknowledged"),
        ("start", "in_progress"),
        ("comment", "in_progress"),
        ("resolve", "resolved"),
        ("reopen", "open"),
    )
    for action, status in path:
        alert, reason = act(alert, action, "kim", 2 * MINUTE, "because")
        assert reason is not Reason.REFUSED
        assert alert.status == status
    assert alert.steps[-1].who == "kim"
    assert alert.steps[-1].comment == "because"
    assert alert.owner == "kim"


def test_assigning_names_the_owner() -> None:
    """A person or a team."""
    alert, _ = run(verdict(1))
    alert, _ = act(alert, "assign", "kim", 2 * MINUTE, owner="logistics")
    assert (alert.owner, alert.steps[-1].what) == ("logistics", "assigned to logistics")


def test_what_a_status_does_not_allow_is_refused() -> None:
    """And changes nothing."""
    alert, _ = run(verdict(1), ok(2), ok(3))
    assert act(alert, "acknowledge", "kim", 4 * MINUTE) == (alert, Reason.REFUSED)


def test_what_a_person_did_survives_new_verdicts() -> None:
    """Status and owner are theirs."""
    alert, _ = run(verdict(1))
    alert, _ = act(alert, "start", "kim", 2 * MINUTE)
    alert, _ = run(verdict(3, "red"), alert=alert)
    assert (alert.status, alert.owner) == ("in_progress", "kim")


def test_the_log_of_an_alert_is_bounded() -> None:
    """The newest lines stay."""
    alert, _ = run(*(verdict(i, "red" if i % 2 else "yellow") for i in range(1, 200)))
    assert len(alert.steps) == STEPS_MAX


VERDICTS = st.lists(
    st.builds(
        lambda gap, severity, clear, history: (gap, severity, clear and severity == "ok", history),
        st.integers(1, 90),
        st.sampled_from(["ok", "ok", "yellow", "red", "blue"]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=40,
).map(
    lambda rows: [
        verdict(sum(r[0] for r in rows[: i + 1]), row[1], clear=row[2], history=row[3])
        for i, row in enumerate(rows)
    ]
)


@given(VERDICTS, st.data())
def test_repeats_and_replays_change_nothing(verdicts: list[Verdict], data: st.DataObject) -> None:
    """Delivered again from any earlier point on, any number of times: the same alert."""
    once, _ = tried(*verdicts)
    alert: Alert | None = None
    for i, v in enumerate(verdicts):
        alert, _ = step(alert, v, v.at)
        if alert is not None and data.draw(st.booleans()):
            for again in verdicts[data.draw(st.integers(0, i)) : i + 1]:
                repeated, reason = step(alert, again, v.at)
                assert reason in (Reason.REPEATED, Reason.QUIET, Reason.SETTLED_BY_HAND)
                assert repeated is alert
    assert (alert is None) == (once is None)
    if alert is not None and once is not None:
        assert replace(alert, updated_at=0, flipped_at=0) == replace(
            once, updated_at=0, flipped_at=0
        )


@given(VERDICTS)
def test_every_alert_follows_the_rules(verdicts: list[Verdict]) -> None:
    """Resolved only after a trigger and two clear panes; a breach is always open."""
    alert: Alert | None = None
    clears, was_open = 0, False
    for v in verdicts:
        before = alert
        alert, reason = step(before, v, v.at)
        clears = clears + 1 if v.clear else 0
        if reason is Reason.RESOLVED:
            assert was_open
            assert clears >= CLEAR_PANES
        was_open = alert is not None and alert.status != "resolved"
        if reason in UNCHANGED:
            assert alert is before
        else:
            assert alert is not None
            assert alert.version == (before.version if before else 0) + 1
        if v.severity != "ok":
            assert alert is not None
            assert was_open
            assert alert.severity == v.severity
            assert SEVERITY_RANK[alert.peak] >= SEVERITY_RANK[alert.severity]


@given(st.lists(st.sampled_from([0.699, 0.701]), min_size=2, max_size=60))
def test_a_value_that_trembles_around_its_limit_is_announced_once(values: list[float]) -> None:
    """Above the limit by less than the margin is neither a breach nor clear."""
    verdicts = [verdict(1)] + [
        verdict(i + 2, "yellow" if v < 0.7 else "ok", value=v) for i, v in enumerate(values)
    ]
    _, reasons = run(*verdicts)
    assert sum(r in NEWS for r in reasons) == 1


@given(
    st.lists(st.sampled_from(sorted({action for _, action in ACTIONS})), max_size=20),
)
def test_actions_move_only_along_the_table(actions: list[ActionName]) -> None:
    """Everything else is refused."""
    alert, _ = run(verdict(1))
    for i, action in enumerate(actions):
        before = alert
        alert, reason = act(before, action, "kim", (i + 2) * MINUTE)
        if (before.status, action) in ACTIONS:
            assert alert.status == ACTIONS[before.status, action]
            assert alert.version == before.version + 1
        else:
            assert (alert, reason) == (before, Reason.REFUSED)
