"""Who is told of what: groups, causes, silences, flapping; and, whatever happens, never twice or not at all."""

from __future__ import annotations

from typing import Any

from hypothesis import settings, stateful
from hypothesis import strategies as st

from detectors.book import HOLD_MS, STEADY_AFTER_MS, Book, Policy
from detectors.grouping import ORPHAN_AFTER_MS
from detectors.inhibition import GRACE_MS
from detectors.lifecycle import OPENINGS_MAX
from schemas.alerts import (
    SEVERITY_RANK,
    Action,
    ActionName,
    Alert,
    Announcement,
    Severity,
    Silence,
    Verdict,
    decode_alert,
)
from schemas.measures import HOUR_MS, MINUTE_MS
from schemas.readings import encode

NOON = 1_700_049_600_000
EMAIL, BOTH, PHONE = (
    "customer|channel=email",
    "customer|channel=email,region=emea",
    "customer|channel=phone",
)


def verdict(at: int, severity: Severity = "red", segment: str = "customer", **more: Any) -> Verdict:
    """What is said of a segment's CSAT (or of ``rule``)."""
    given: dict[str, Any] = {"rule": "csat_drop", "kpi": "csat", "value": 0.5, "expected": 0.9}
    given |= {"n": 40, "reason": "50 %", "clear": severity == "ok"}
    return Verdict(at=at, severity=severity, segment=segment, **(given | more))


class Desk:
    """A book and the pages that leave it."""

    def __init__(self) -> None:
        self.book = Book(Policy())
        self.now = NOON

    def say(self, *verdicts: Verdict) -> None:
        """Take verdicts now."""
        for v in verdicts:
            self.book.take(v, self.now)

    def bad(self, segment: str = "customer", severity: Severity = "red", **more: Any) -> None:
        """A breach now."""
        self.say(verdict(self.now, severity, segment, **more))

    def good(self, segment: str = "customer", **more: Any) -> None:
        """Two clear panes."""
        for _ in range(2):
            self.now += 1_000
            self.say(verdict(self.now, "ok", segment, **more))

    def wait(self, ms: int = 1_000) -> list[tuple[str, str]]:
        """Time passes; who is paged, and why."""
        self.now += ms
        self.book.settle(self.now)
        return self.pages()

    def pages(self) -> list[tuple[str, str]]:
        """Segment and reason of the pages since last asked."""
        told, self.book.told = self.book.told, []
        return [(t.alert.segment, t.reason) for t in told if t.page]

    def alert(self, segment: str = "customer", rule: str = "csat_drop") -> Alert:
        """One alert."""
        return self.book.alerts[f"{rule}:{segment}"]

    def act(self, name: ActionName, segment: str = "customer") -> None:
        """A person does something."""
        action = Action(id="a", fingerprint=f"csat_drop:{segment}", action=name, who="k", at=0)
        assert self.book.act(action, self.now).accepted


def test_news_pages_within_a_second() -> None:
    """After a short wait for the rest of its group."""
    desk = Desk()
    desk.bad()
    assert desk.wait(HOLD_MS - 1) == []
    assert desk.wait(1) == [("customer", "opened")]
    assert desk.wait() == []


def test_information_pages_nobody() -> None:
    """It is on the wall."""
    desk = Desk()
    desk.bad(severity="blue")
    assert desk.wait() == []
    desk.good()
    assert desk.wait() == []


def test_the_broadest_segment_leads_and_the_others_fold_into_it() -> None:
    """One page, whichever came first; each is in the list."""
    desk = Desk()
    for segment in (BOTH, PHONE, EMAIL, "customer"):
        desk.bad(segment)
    assert desk.wait() == [("customer", "opened")]
    assert desk.alert().folded_n == 3
    assert set(desk.alert().folded) == {BOTH, PHONE, EMAIL}
    for segment in (BOTH, PHONE, EMAIL):
        assert desk.alert(segment).muted == "grouped under CSAT drop"
        assert desk.alert(segment).group == "csat_drop:customer"
        desk.good(segment)
    assert desk.wait() == []
    desk.good()
    assert desk.wait() == [("customer", "resolved")]


def test_a_part_that_comes_later_folds_into_the_whole() -> None:
    """It tells nothing new."""
    desk = Desk()
    desk.bad()
    desk.wait()
    desk.now += HOUR_MS // 2
    desk.bad(EMAIL)
    assert desk.wait() == []


def test_another_part_that_comes_later_is_another_cause() -> None:
    """E-mail this morning says nothing about the phone now."""
    desk = Desk()
    desk.bad(EMAIL)
    desk.wait()
    desk.now += HOUR_MS // 2
    desk.bad(PHONE)
    assert desk.wait() == [(PHONE, "opened")]


def test_a_part_of_what_is_in_a_group_joins_it() -> None:
    """E-mail led, all customers folded into it; the phone is one of them."""
    desk = Desk()
    desk.bad(EMAIL)
    desk.wait()
    desk.now += MINUTE_MS
    desk.bad()
    assert desk.wait() == []
    desk.now += HOUR_MS // 2
    desk.bad(PHONE)
    assert desk.wait() == []
    assert desk.alert(PHONE).group == f"csat_drop:{EMAIL}"


def test_a_part_that_is_worse_than_the_whole_pages() -> None:
    """Red under yellow is news; the next red under it is not."""
    desk = Desk()
    desk.bad(severity="yellow")
    desk.wait()
    desk.bad(EMAIL)
    assert desk.wait() == [(EMAIL, "opened")]
    desk.bad(BOTH)
    assert desk.wait() == []


def test_what_stays_when_its_lead_is_over_pages_itself() -> None:
    """After a moment in which it may follow."""
    desk = Desk()
    desk.bad()
    desk.bad(EMAIL)
    desk.wait()
    desk.good()
    assert desk.wait() == [("customer", "resolved")]
    assert desk.wait(ORPHAN_AFTER_MS - 10_000) == []
    assert desk.wait(20_000) == [(EMAIL, "unmuted")]


def test_a_thousand_breaches_are_one_page_each_way() -> None:
    """And none is lost."""
    desk = Desk()
    segments = [f"partner|partner=p{i}" for i in range(1_000)]
    for segment in segments:
        desk.bad(segment, rule="tickets_pile_up", kpi="tickets_open")
    assert len(desk.wait()) == 1
    lead = next(a for a in desk.book.alerts.values() if a.group == a.fingerprint)
    assert sum(a.group == lead.fingerprint for a in desk.book.alerts.values()) == 1_000
    assert lead.folded_n == 999
    for segment in segments:
        desk.say(verdict(desk.now + 1, "ok", segment, rule="tickets_pile_up"))
        desk.say(verdict(desk.now + 2, "ok", segment, rule="tickets_pile_up"))
    assert len(desk.wait()) == 1


SHOP: dict[str, Any] = {
    "segment": "customer|service=shop",
    "rule": "downtime",
    "kpi": "availability",
}


def down() -> Desk:
    """The shop is down, and customers say so; people were told of the first only."""
    desk = Desk()
    desk.bad(**SHOP)
    desk.bad()
    assert desk.wait() == [("customer|service=shop", "opened")]
    assert desk.alert().muted == "inhibited by Downtime: shop"
    return desk


def test_what_still_holds_some_time_after_its_cause_pages_then() -> None:
    """Once."""
    desk = down()
    desk.good(**SHOP)
    assert desk.wait() == [("customer|service=shop", "resolved")]
    assert desk.wait(GRACE_MS["downtime"] - 5_000) == []
    assert desk.wait(5_000) == [("customer", "unmuted")]
    assert desk.wait(10_000) == []


def test_a_consequence_that_ends_with_its_cause_never_pages() -> None:
    """Neither its beginning nor its end; also one that opens when the cause is just over."""
    desk = down()
    desk.good(**SHOP)
    desk.wait()
    desk.bad(rule="slow_support", kpi="first_response_time")
    assert desk.wait(10 * MINUTE_MS) == []
    desk.good()
    desk.good(rule="slow_support")
    assert desk.wait() == []
    assert desk.wait(GRACE_MS["downtime"]) == []


def test_a_cause_that_comes_back_mutes_on() -> None:
    """The time after it begins again with its last end."""
    desk = down()
    desk.good(**SHOP)
    desk.wait(20 * MINUTE_MS)
    desk.bad(**SHOP)
    desk.wait()
    desk.good(**SHOP)
    desk.wait()
    assert all(segment != "customer" for segment, _ in desk.wait(GRACE_MS["downtime"] - 5_000))
    assert ("customer", "unmuted") in desk.wait(5_000)


def test_a_silent_topic_mutes_only_what_it_feeds() -> None:
    """Who sends no surveys does not explain why nobody buys."""
    for topic, pages in (("orders", []), ("feedback", [("partner", "opened")])):
        desk = Desk()
        desk.bad(f"engine|topic={topic}", rule="source_silent", kpi="data_age")
        desk.wait()
        desk.bad("partner", rule="revenue_decline", kpi="revenue")
        assert desk.wait() == pages


def test_a_resolve_reaches_whoever_was_paged_even_if_silenced_since() -> None:
    """Nobody waits for the end for ever."""
    desk = Desk()
    desk.bad()
    desk.wait()
    span: dict[str, Any] = {"starts_at": desk.now, "ends_at": desk.now + HOUR_MS}
    desk.book.silence(Silence(id="s", matchers={"kpi": "csat"}, who="k", **span), desk.now)
    desk.wait()
    assert desk.alert().muted.startswith("silenced by k until ")
    desk.good()
    assert desk.wait() == [("customer", "resolved")]


def test_a_reminder_that_falls_due_as_an_alert_gets_worse_again_is_a_reminder() -> None:
    """People were told that it is red: that is no news."""
    desk = Desk()
    desk.bad()
    desk.wait()
    desk.now += 1_000
    desk.bad(severity="blue")
    desk.now += desk.book.policy.repeat_ms
    desk.bad()
    assert desk.wait() == [("customer", "reminded")]


def test_a_red_alert_that_nobody_acknowledges_pages_again() -> None:
    """Until somebody does."""
    desk = Desk()
    desk.bad()
    desk.wait()
    assert desk.wait(HOUR_MS - 1) == []
    assert desk.wait(1) == [("customer", "reminded")]
    assert desk.wait(HOUR_MS) == [("customer", "reminded")]
    desk.act("acknowledge")
    assert desk.wait(HOUR_MS) == []


def test_worse_pages_again_and_better_does_not() -> None:
    """Back to red is no news to those who heard of red."""
    desk = Desk()
    for severity, expected in (
        ("yellow", [("customer", "opened")]),
        ("red", [("customer", "raised")]),
        ("yellow", []),
        ("red", []),
    ):
        desk.now += MINUTE_MS
        desk.bad(severity=severity)  # type: ignore[arg-type]
        assert desk.wait() == expected


def test_what_flaps_is_paged_once_and_then_left_alone_until_it_is_stable() -> None:
    """Three times it is believed."""
    desk = Desk()
    pages = []
    for _ in range(12):
        desk.bad()
        pages += desk.wait(MINUTE_MS)
        desk.good()
        pages += desk.wait(MINUTE_MS)
    assert [reason for _, reason in pages].count("resolved") == OPENINGS_MAX
    assert len(pages) == 2 * OPENINGS_MAX + 1
    assert desk.alert().flapping
    assert desk.wait(STEADY_AFTER_MS) == [("customer", "resolved")]
    assert not desk.alert().flapping


def test_history_pages_nobody_until_it_is_still_true_now() -> None:
    """That is the one page of a catch-up."""
    desk = Desk()
    desk.bad(history=True)
    assert desk.wait() == []
    assert desk.alert().muted == "history"
    desk.bad()
    assert desk.wait() == [("customer", "went_live")]


def test_what_is_over_before_anybody_was_told_is_told_with_its_end() -> None:
    """A breach is never kept from people because the engine was behind."""
    desk = Desk()
    desk.bad()
    desk.good()
    assert desk.wait() == [("customer", "opened"), ("customer", "resolved")]


def test_settling_a_lead_by_hand_settles_its_group() -> None:
    """Whoever closed it knows of the rest."""
    desk = Desk()
    desk.bad()
    desk.bad(EMAIL)
    desk.wait()
    desk.act("resolve")
    assert desk.wait() == [("customer", "resolved")]
    desk.bad(EMAIL)
    assert desk.wait(ORPHAN_AFTER_MS + 1) == []


SEGMENTS = ("customer", EMAIL, BOTH, PHONE)
RULES = {
    "csat_drop": SEGMENTS,
    "negative_feedback": ("customer",),
    "downtime": ("customer|service=shop",),
}
KEYS = [(rule, segment) for rule, segments in RULES.items() for segment in segments]


class Life(stateful.RuleBasedStateMachine):
    """Any order of verdicts, actions, silences, ticks and restarts, seen by one who is paged."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book(Policy(repeat_ms=20 * MINUTE_MS))
        self.now = NOON
        self.at = NOON
        self.told: dict[str, int] = {}

    @stateful.rule(
        key=st.sampled_from(KEYS),
        severity=st.sampled_from(("ok", "ok", "blue", "yellow", "red")),
        clear=st.booleans(),
        history=st.sampled_from((False, False, False, True)),
        gap=st.sampled_from((1, 1_000, MINUTE_MS)),
    )
    def judged(
        self, key: tuple[str, str], severity: Severity, clear: bool, history: bool, gap: int
    ) -> None:
        """A verdict comes, now and then also twice."""
        rule, segment = key
        self.at += gap
        clear = clear and severity == "ok"
        given = verdict(self.at, severity, segment, rule=rule, clear=clear, history=history)
        self.book.take(given, self.now)
        self.book.take(given, self.now)
        self.receive()

    @stateful.rule(ms=st.sampled_from((100, 1_000, MINUTE_MS, 3 * MINUTE_MS, 40 * MINUTE_MS)))
    def time_passes(self, ms: int) -> None:
        """And is looked at."""
        self._pass(ms)

    def _pass(self, ms: int) -> None:
        self.now += ms
        self.at += ms
        self.book.settle(self.now)
        self.receive()

    @stateful.rule(
        key=st.sampled_from(KEYS),
        name=st.sampled_from(("acknowledge", "assign", "start", "comment", "resolve", "reopen")),
    )
    def somebody_acts(self, key: tuple[str, str], name: ActionName) -> None:
        """On an alert or on nothing."""
        action = Action(id="a", fingerprint=":".join(key), action=name, who="k", at=0)
        self.book.act(action, self.now)
        self.receive()

    @stateful.rule(
        matchers=st.sampled_from(
            ({"rule": "csat_drop"}, {"channel": "email"}, {"rule": "downtime"})
        ),
        minutes=st.integers(1, 60),
        deleted=st.booleans(),
        repeat=st.sampled_from(("", "daily")),
    )
    def somebody_silences(
        self, matchers: dict[str, str], minutes: int, deleted: bool, repeat: Any
    ) -> None:
        """For a while, or no more."""
        span: dict[str, Any] = {"starts_at": self.now, "ends_at": self.now + minutes * MINUTE_MS}
        silence = Silence(
            id="s", matchers=matchers, who="k", deleted=deleted, repeat=repeat, **span
        )
        self.book.silence(silence, self.now)

    @stateful.rule()
    def restarted(self) -> None:
        """A successor knows what was saved and nothing else."""
        again = Book(self.book.policy)
        for alert in self.book.alerts.values():
            again.put(decode_alert(encode(alert)))
        again.silences = dict(self.book.silences)
        assert self.book.told == []
        self.book = again

    def receive(self) -> None:
        """Whoever is paged keeps a list of what burns."""
        told, self.book.told = self.book.told, []
        for one in told:
            if one.page:
                self._page(one)

    def _page(self, one: Announcement) -> None:
        key, rank = one.alert.fingerprint, SEVERITY_RANK[one.alert.severity]
        if one.alert.status == "resolved":
            assert self.told.pop(key, 0), "a resolve without its trigger"
            return
        assert rank >= SEVERITY_RANK["yellow"]
        assert not one.alert.history
        if one.reason != "reminded":
            assert rank > self.told.get(key, 0), "told twice"
        self.told[key] = max(rank, self.told.get(key, 0))

    @stateful.invariant()
    def what_was_told_is_remembered(self) -> None:
        """The book and whoever is paged agree."""
        remembered = {
            key: SEVERITY_RANK[a.paged] for key, a in self.book.alerts.items() if a.paged != "ok"
        }
        assert remembered == self.told

    def teardown(self) -> None:
        """In the end whatever burns was told; when all is well nobody waits for anything."""
        self.book.silences.clear()
        for _ in range(3):
            self._pass(3 * MINUTE_MS)
        for alert in self.book.alerts.values():
            self._is_known(alert)
        for _ in range(3):
            self.at += 1
            for rule, segment in KEYS:
                self.book.take(verdict(self.at, "ok", segment, rule=rule), self.now)
        self._pass(40 * MINUTE_MS)
        self._pass(40 * MINUTE_MS)
        assert self.told == {}
        assert all(a.status == "resolved" for a in self.book.alerts.values())

    def _is_known(self, alert: Alert) -> None:
        rank = SEVERITY_RANK[alert.severity]
        if alert.status == "resolved" or alert.history or rank < SEVERITY_RANK["yellow"]:
            return
        if self.told.get(alert.fingerprint, 0) >= rank or alert.muted.startswith("inhibited"):
            return
        lead = self.book.alerts[alert.group]
        settled = lead.status == "resolved" and lead.clear_panes < 2
        assert alert.muted.startswith("grouped")
        assert settled or self.told[lead.fingerprint] >= rank


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=40)
