"""The outbox: who hears what, in which order, over every kind of answer and a restart at any point."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.paging import lanes as module
from agents.paging.messages import Answer, Message
from agents.paging.outbox import Outbox
from agents.paging.receivers import Apprise, Plan, Route, Webhook
from schemas.alerts import Announcement
from schemas.paging import Replay
from streams import table
from tests.agents.paging.samples import NOON_MS, resolved, told

HOUR_MS = 3_600_000
GIVE_UP_MS = 24 * HOUR_MS
SENT, RETRY = Answer("sent", "HTTP 200"), Answer("retry", "HTTP 500")
REFUSED, GONE = Answer("refused", "HTTP 400"), Answer("gone", "HTTP 410")
PLAN = Plan(
    receivers={
        "hook": Webhook(url="https://on.call/", keys_env=("KEY",)),
        "mail": Apprise(url_env="MAIL"),
    },
    routes=(
        Route(receivers=("hook",)),
        Route(receivers=("mail",), severity=("red",)),
        Route(receivers=("hook",), rule=("watchdog",)),
    ),
)
REPLAY = Replay(id="r1", who="mara", at=NOON_MS)


def taken(*announcements: Announcement, plan: Plan = PLAN) -> Outbox:
    """An outbox after some announcements, each taken at its time."""
    box = Outbox()
    for offset, one in enumerate(announcements):
        box.take(one, f"alerts/{offset}", plan, one.at)
    return box


def answer(box: Outbox, name: str, what: Answer, now_ms: int = NOON_MS) -> list[Message]:
    """Have all that is due answered so; what that was."""
    found = box.due(name, now_ms, (), 100)
    for message in found:
        box.settle(message, what, now_ms, now_ms + 20, GIVE_UP_MS)
    return found


def said(box: Outbox, name: str, now_ms: int = NOON_MS + HOUR_MS) -> list[str]:
    """All that a receiver is told if it takes everything."""
    kinds: list[str] = []
    while found := answer(box, name, SENT, now_ms):
        kinds += [message.kind for message in found]
    return kinds


def save(box: Outbox, saved: dict[str, bytes]) -> None:
    """A checkpoint."""
    for key, value in box.changes():
        if value is None:
            saved.pop(key, None)
        else:
            saved[key] = table.encode(value)


def loaded(saved: dict[str, bytes]) -> Outbox:
    """A successor's outbox."""
    box = Outbox()
    for key, value in saved.items():
        box.restore(key, table.decode(value))
    box.restored()
    return box


def test_a_page_goes_to_everyone_whose_route_matches() -> None:
    """Red to both, yellow to one."""
    assert said(taken(told()), "hook") == ["trigger"]
    assert said(taken(told()), "mail") == ["trigger"]
    assert said(taken(told(severity="yellow")), "mail") == []


def test_what_is_no_page_tells_nobody() -> None:
    """Silenced, inhibited, history: the keeper says so."""
    box = taken(told(page=False))
    assert said(box, "hook") == said(box, "mail") == []


def test_the_end_goes_to_who_was_paged_and_to_nobody_else() -> None:
    """Though the alert was lowered, or silenced, in between."""
    lowered = told("lowered", page=False, severity="yellow")
    box = taken(told(), lowered, resolved(page=False, severity="yellow"))
    assert said(box, "mail") == ["trigger", "resolve"]
    assert said(box, "hook") == ["trigger", "update", "resolve"]
    assert said(taken(resolved()), "hook") == []


def test_who_is_routed_to_only_when_it_gets_worse_is_paged_then() -> None:
    """The other hears of a change."""
    box = taken(told(severity="yellow"), told("raised"))
    assert said(box, "mail") == ["trigger"]
    assert said(box, "hook") == ["trigger", "update"]


def test_an_acknowledgement_goes_to_who_wants_every_change() -> None:
    """A mail for each comment would be too much."""
    box = taken(told(), told("acted", page=False, status="acknowledged"))
    assert said(box, "hook") == ["trigger", "acknowledge"]
    assert said(box, "mail") == ["trigger"]


def test_an_alert_that_opens_again_pages_again() -> None:
    """With another id."""
    box = taken(told(), resolved(), told("reopened", at=NOON_MS + HOUR_MS))
    ids = [m.id for m in box.waiting("mail")]
    assert len(set(ids)) == 3
    assert said(box, "mail", NOON_MS + 2 * HOUR_MS) == ["trigger", "resolve", "trigger"]


def test_the_dead_man_s_switch_goes_only_where_a_route_names_it() -> None:
    """And does not pile up where nobody answers."""
    beat = [told("watchdog", page=False, rule="watchdog", at=NOON_MS + i) for i in range(5)]
    box = taken(*beat)
    assert said(box, "mail") == []
    assert len(box.waiting("hook")) == 2
    assert box.told == {}


def test_messages_of_one_alert_wait_for_each_other() -> None:
    """Those of another do not."""
    box = taken(told(), resolved(), told(fingerprint="b"))
    due = box.due("hook", NOON_MS + HOUR_MS, (), 100)
    assert [(m.kind, m.alert.fingerprint) for m in due] == [
        ("trigger", "csat_drop:customer"),
        ("trigger", "b"),
    ]
    assert box.due("hook", NOON_MS + HOUR_MS, {m.id for m in due}, 100) == []


def test_the_worst_goes_first() -> None:
    """Where a receiver may be called seldom."""
    box = taken(told(fingerprint="a", severity="yellow"), told(fingerprint="b"))
    assert [m.alert.fingerprint for m in box.due("hook", NOON_MS, (), 1)] == ["b"]


def test_what_fails_is_tried_later_with_the_same_id() -> None:
    """Denser at first; the log has every attempt."""
    box = taken(told())
    [first] = answer(box, "hook", RETRY)
    assert box.due("hook", NOON_MS + 1_000, (), 9) == []
    [again] = answer(box, "hook", SENT, NOON_MS + 3_000)
    assert (again.id, again.tries) == (first.id, 1)
    assert [(a.outcome, a.tries) for a in box.log.values()] == [("retry", 1), ("sent", 2)]
    assert box.waiting("hook") == []


def test_a_receiver_that_works_again_is_told_at_once_what_waits() -> None:
    """Not when the last of its long pauses is over."""
    box = taken(told(fingerprint="a"), told(fingerprint="b"))
    for minute in range(30):
        answer(box, "hook", RETRY, NOON_MS + minute * 60_000)
    late = NOON_MS + 31 * 60_000
    first, *_ = sorted(box.waiting("hook"), key=lambda m: m.due_at)
    box.settle(first, SENT, late, late, GIVE_UP_MS)
    assert len(box.due("hook", late, (), 9)) == 1
    assert box.failing == {}


def test_after_a_day_it_is_given_up_and_no_end_is_told() -> None:
    """Nobody hears that something is over of which they never heard."""
    box = taken(told(), resolved())
    late = NOON_MS + GIVE_UP_MS
    answer(box, "hook", RETRY, late)
    assert box.waiting("hook") == []
    assert [m.kind for m in box.given_up.values()] == ["trigger", "resolve"]
    assert box.log[0].next_at is None


def test_a_message_that_is_refused_is_given_up_at_once() -> None:
    """The next change of the alert is a page to this receiver again."""
    box = taken(told(severity="yellow"))
    answer(box, "hook", REFUSED)
    box.take(told("raised"), "alerts/1", PLAN, NOON_MS)
    assert said(box, "hook") == ["trigger"]


def test_a_refused_change_leaves_the_end_to_be_told() -> None:
    """The page was taken."""
    box = taken(told(severity="yellow"))
    answer(box, "hook", SENT)
    box.take(told("raised"), "alerts/1", PLAN, NOON_MS)
    answer(box, "hook", REFUSED)
    box.take(resolved(), "alerts/2", PLAN, NOON_MS)
    assert said(box, "hook") == ["resolve"]


def test_a_receiver_that_wants_no_more_is_left_alone() -> None:
    """Until somebody says otherwise: then it hears of what still holds, as it is now."""
    box = taken(told(fingerprint="a"), told(fingerprint="b"))
    [first, *_] = box.due("hook", NOON_MS, (), 1)
    box.settle(first, GONE, NOON_MS, NOON_MS, GIVE_UP_MS)
    box.take(told(fingerprint="c"), "alerts/2", PLAN, NOON_MS)
    box.take(resolved(fingerprint="a"), "alerts/3", PLAN, NOON_MS)
    box.take(told("raised", fingerprint="b", value=0.1), "alerts/4", PLAN, NOON_MS)
    assert box.due("hook", NOON_MS + HOUR_MS, (), 9) == []
    assert len(box.given_up) == 4
    assert box.replay(REPLAY, PLAN, NOON_MS) == 2
    due = box.due("hook", NOON_MS, (), 9)
    assert {(m.alert.fingerprint, m.alert.value) for m in due} == {("b", 0.1), ("c", 0.584)}
    assert box.given_up == {}
    box.take(resolved(fingerprint="b"), "alerts/5", PLAN, NOON_MS)
    assert sorted(said(box, "hook")) == ["resolve", "trigger", "trigger"]


def test_a_replay_tells_an_end_that_was_not_taken() -> None:
    """The page had been."""
    box = taken(told())
    answer(box, "hook", SENT)
    box.take(resolved(), "alerts/1", PLAN, NOON_MS)
    answer(box, "hook", REFUSED)
    assert box.replay(Replay(id="r", who="m", at=0, receiver="mail"), PLAN, NOON_MS) == 0
    assert box.replay(REPLAY, PLAN, NOON_MS) == 1
    assert said(box, "hook") == ["resolve"]


def test_a_lane_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest takes the place of the one before; a page stays a page."""
    monkeypatch.setattr(module, "LANE_MAX", 2)
    changes = [told("raised", value=i / 10) for i in range(6)]
    box = taken(told(), *changes)
    assert [(m.kind, m.alert.value) for m in box.waiting("hook")] == [
        ("trigger", 0.584),
        ("update", 0.5),
    ]


def test_what_waits_for_a_receiver_that_is_no_more_is_given_up() -> None:
    """Somebody took it out of the file."""
    box = taken(told())
    box.forget(Plan(receivers={"mail": PLAN.receivers["mail"]}), NOON_MS)
    assert [m.receiver for m in box.given_up.values()] == ["hook"]
    assert box.waiting("mail")


def test_a_restart_forgets_nothing() -> None:
    """Messages, who was told, failures, what was given up, the log."""
    box = taken(told(), told(fingerprint="b"))
    answer(box, "hook", RETRY)
    answer(box, "mail", REFUSED)
    saved: dict[str, bytes] = {}
    save(box, saved)
    assert not box.unsaved
    again = loaded(saved)
    for name in ("messages", "told", "given_up", "failing", "log", "_next_number", "_next_log"):
        assert getattr(again, name) == getattr(box, name), name
    assert again.waiting("hook") == box.waiting("hook")


def test_who_is_told_of_firing_alerts_again_hears_of_their_end_for_a_while() -> None:
    """Five minutes, as Alertmanager wants it."""
    box = taken(told(), told(fingerprint="b"), resolved(at=NOON_MS))
    assert len(box.firing("hook", NOON_MS + 200_000)) == 2
    box.forget(PLAN, NOON_MS + 400_000)
    assert [t.alert.fingerprint for t in box.firing("hook", NOON_MS + 400_000)] == ["b"]


# A life of alerts: each step is (alert, what happens); what the keeper would not announce is left out.
LIVES = st.lists(
    st.tuples(
        st.sampled_from("ab"), st.sampled_from(["page", "quiet", "change", "act", "resolve"])
    ),
    max_size=12,
)
STEPS = st.lists(
    st.one_of(
        st.just(("take",)),
        st.just(("save",)),
        st.just(("crash",)),
        st.tuples(
            st.just("send"), st.sampled_from(["hook", "mail"]), st.sampled_from([SENT, RETRY])
        ),
    ),
    max_size=60,
)


def announcements(life: list[tuple[str, str]]) -> list[Announcement]:
    """What the keeper announces in such a life."""
    status: dict[str, str] = {}
    found = []
    for offset, (key, step) in enumerate(life):
        at, was = NOON_MS + offset, status.get(key, "resolved")
        if step in ("page", "quiet") and was == "resolved":
            found.append(told(at=at, page=step == "page", fingerprint=key))
            status[key] = "open"
        elif was != "resolved" and step == "change":
            found.append(told("raised", at=at, fingerprint=key, status=was, value=offset / 100))
        elif was == "open" and step == "act":
            found.append(told("acted", at=at, page=False, fingerprint=key, status="acknowledged"))
            status[key] = "acknowledged"
        elif was != "resolved" and step == "resolve":
            found.append(resolved(at=at, fingerprint=key))
            status[key] = "resolved"
    return found


class Play:
    """A topic, an outbox that reads it, what was saved, and what receivers got."""

    def __init__(self, topic: list[Announcement]) -> None:
        self.topic = topic
        self.box = Outbox()
        self.next = 0
        self.saved: dict[str, bytes] = {}
        self.saved_next = 0
        self.got: list[Message] = []
        self.now = NOON_MS

    def take(self) -> None:
        """Read one record."""
        if self.next < len(self.topic):
            self.box.take(self.topic[self.next], f"alerts/{self.next}", PLAN, self.now)
            self.next += 1

    def save(self) -> None:
        """Checkpoint: state and offset."""
        save(self.box, self.saved)
        self.saved_next = self.next

    def crash(self) -> None:
        """Start again from what was saved."""
        self.box, self.next = loaded(self.saved), self.saved_next

    def send(self, name: str, what: Answer) -> None:
        """One message is sent; an answer that is lost may have been taken all the same."""
        self.now += 700_000
        for message in self.box.due(name, self.now, (), 1):
            self.got.append(message)
            self.box.settle(message, what, self.now, self.now, GIVE_UP_MS)

    def finish(self) -> None:
        """Everything is read and taken."""
        while self.next < len(self.topic):
            self.take()
        for name in PLAN.receivers:
            while self.box.waiting(name):
                self.send(name, SENT)


def lanes(messages: list[Message]) -> dict[tuple[str, str], list[Any]]:
    """By receiver and alert: ids with kinds, each at its first time."""
    found: dict[tuple[str, str], list[Any]] = {}
    for message in messages:
        lane = found.setdefault(message.lane, [])
        if (message.id, message.kind) not in lane:
            lane.append((message.id, message.kind))
    return found


@settings(max_examples=400)
@given(LIVES, STEPS)
def test_restarts_lose_nothing_and_repeat_only_with_the_same_id(
    life: list[tuple[str, str]], steps: list[tuple[Any, ...]]
) -> None:
    """Whatever fails and whenever it crashes: the same messages, in the same order for each alert."""
    undisturbed, play = Play(announcements(life)), Play(announcements(life))
    undisturbed.finish()
    for name, *arguments in steps:
        getattr(play, name)(*arguments)
    play.finish()
    assert lanes(play.got) == lanes(undisturbed.got)


@settings(max_examples=200)
@given(LIVES, st.lists(st.sampled_from([SENT, RETRY, REFUSED, GONE]), max_size=20))
def test_every_message_is_sent_or_given_up(
    life: list[tuple[str, str]], answers: list[Answer]
) -> None:
    """And an end follows a page, or is not told."""
    play = Play(announcements(life))
    for what in answers:
        play.take()
        play.send("hook", what)
    play.finish()
    sent = {a.id for a in play.box.log.values() if a.outcome == "sent"}
    assert {m.id for m in play.got} <= sent | play.box.given_up.keys()
    for lane in lanes([m for m in play.got if m.id in sent]).values():
        kinds = [kind for _, kind in lane]
        assert kinds[:1] == ["trigger"]
        assert all(b == "trigger" for a, b in pairwise(kinds) if a == "resolve")
