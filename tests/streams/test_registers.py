"""Registers: rows of things, the first of each told, the union of all sources."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.registers import REGISTERS, Register
from schemas.settings import Settings
from streams.batches import RecordBatch
from streams.folding import TopicState
from streams.merging import MergeState
from streams.registers import MergedRegisters, Roll, first, placing
from streams.table import decode, encode
from streams.wire import REST, Publication, decode_publication, encode_publication
from tests.streams.doubles import NoText, Record

NOON_MS = 1_700_049_600_000
HOUR_MS = 3_600_000
LATER_MS = NOON_MS + 100 * 24 * HOUR_MS
SECOND_MS = 1_000
SMALL = Register(id="r", title="R", topic="tickets", columns=("due",), order="due", keep=3)
GREATEST = Register(id="g", title="G", topic="tickets", columns=("n",), order="-n", keep=2)

dues = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=2), st.none() | st.integers(0, 5), max_size=12
)


class Source:
    """One topic partition; may be saved and live again."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.state = TopicState(topic, 0, Settings(), NoText())
        self.saved: dict[str, bytes] = {}
        self.offset = 0

    def take(self, *events: dict[str, Any]) -> None:
        records = []
        for event in events:
            self.offset += 1
            fields = {"event_id": str(self.offset), "source": "s"} | event
            records.append(Record(self.offset, LATER_MS, None, msgspec.json.encode(fields), []))
        self.state.apply(RecordBatch(records, records[0].offset, self.offset + 1, caught_up=False))

    def told(self, now_ms: int = 0) -> dict[str, list[str]]:
        """Ids of what is told now."""
        found = self.state.registers.take_unpublished(now_ms)
        return {name: [row["id"] for row in rows] for name, rows in found.items()}

    def restart(self) -> None:
        """Live again from what was saved."""
        for key, value in self.state.changes():
            self.saved[key] = encode(value)
        self.state = TopicState(self.topic, 0, Settings(), NoText())
        for key, raw in self.saved.items():
            _, kind, rest = key.split("/", 2)
            value = decode(raw)
            if value is not None:
                self.state.restore(kind, rest, value)
        self.state.restored()


def opened(ticket: str, hour: float, **fields: Any) -> dict[str, Any]:
    """A ticket opened."""
    at = NOON_MS + round(hour * HOUR_MS)
    about = {"kind": "question", "priority": "normal", "customer_id": "c"} | fields
    return {"type": "ticket.opened", "ticket_id": ticket, "occurred_at": at} | about


def then(kind: str, ticket: str, hour: float) -> dict[str, Any]:
    """Whatever else happens to it."""
    at = NOON_MS + round(hour * HOUR_MS)
    return {"type": f"ticket.{kind}", "ticket_id": ticket, "occurred_at": at}


def test_what_nobody_knows_stands_last() -> None:
    """And those of equal value stand by their ids."""
    rows = [{"id": i, "due": due} for i, due in [("d", None), ("c", 1), ("b", 0), ("a", 1)]]
    assert [row["id"] for row in sorted(rows, key=placing(SMALL))] == list("bacd")


def test_greatest_first_where_the_order_says_so() -> None:
    """No more than it keeps."""
    rows = [{"id": str(n), "n": n} for n in (1, 3, 2, None)]
    assert [row["n"] for row in first(GREATEST, rows)] == [3, 2]


@given(st.lists(st.tuples(st.text("abcdef", min_size=1, max_size=2), dues)))
def test_a_roll_tells_of_any_change_of_its_first_rows(changes: list[Any]) -> None:
    """Whatever comes and goes: if it says that nothing has changed, nothing has."""
    roll = Roll(SMALL)
    rows: dict[str, dict[str, Any]] = {}
    shown: list[str] = roll.take()
    for key, others in changes:
        rows.pop(key, None)
        roll.put(key, None)
        for name, due in others.items():
            rows[name] = {"id": name, "due": due}
            roll.put(name, rows[name])
        if roll.changed:
            shown = roll.take()
        assert shown == [row["id"] for row in first(SMALL, rows.values())]


@given(dues, st.integers(0, 12))
def test_the_first_of_parts_are_the_first_of_all(values: dict[str, Any], cut: int) -> None:
    """So each source tells only what it keeps."""
    rows = [{"id": name, "due": due} for name, due in values.items()]
    parts = [*first(SMALL, rows[:cut]), *first(SMALL, rows[cut:])]
    assert first(SMALL, parts) == first(SMALL, rows)


def test_a_ticket_is_in_its_registers_while_it_is_open() -> None:
    """Resolved it leaves, reopened it is back; an incident of the highest priority is in all."""
    source = Source("tickets")
    source.take(opened("a", 0, kind="incident", priority="critical"), opened("b", 1))
    urgent: dict[str, list[str]] = {"urgent_tickets": ["a"], "critical_incidents": ["a"]}
    assert source.told() == {"open_tickets": ["a", "b"], **urgent}
    source.take(then("resolved", "a", 2))
    assert source.told(SECOND_MS) == {"open_tickets": ["b"], **{name: [] for name in urgent}}
    source.take(then("reopened", "a", 3))
    assert source.told(2 * SECOND_MS) == {"open_tickets": ["a", "b"], **urgent}


def test_a_row_says_what_is_known_now() -> None:
    """Status as of incidents, and the time of the last event."""
    source = Source("tickets")
    source.take(opened("a", 0, partner_id="p", customer_id=None, channel="mail", region="emea"))
    source.take(then("assigned", "a", 1))
    (row,) = source.state.registers.take_unpublished(0)["open_tickets"]
    assert row == {
        "id": "a",
        "audience": "partner",
        "at": NOON_MS + HOUR_MS,
        "opened_at": NOON_MS,
        "priority": "normal",
        "kind": "question",
        "channel": "mail",
        "region": "emea",
        "partner": "p",
        "responded_at": None,
        "assigned_at": NOON_MS + HOUR_MS,
        "status": "in_progress",
    }


def test_told_at_most_once_a_second() -> None:
    """What waits is told then, and only what has changed."""
    source = Source("tickets")
    source.take(opened("a", 0))
    assert source.told(0)
    source.take(opened("b", 1))
    assert not source.state.registers.due(999)
    assert source.told(999) == {}
    assert source.state.registers.due(1_000)
    assert source.told(1_000) == {"open_tickets": ["a", "b"]}
    assert not source.state.registers.due(2_000)


def test_a_change_behind_those_told_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a long register most things change where nobody sees it."""
    small = replace(REGISTERS["open_deliveries"], keep=2)
    monkeypatch.setitem(REGISTERS, "open_deliveries", small)
    source = Source("deliveries")
    promised = {"type": "delivery.promised", "occurred_at": NOON_MS}
    source.take(
        *({**promised, "order_id": i, "promised_at": NOON_MS + n} for n, i in enumerate("abcd"))
    )
    assert source.told(0) == {"open_deliveries": ["a", "b"]}
    delivered = {"type": "delivery.delivered", "occurred_at": NOON_MS}
    source.take({**delivered, "order_id": "d"})
    assert source.told(SECOND_MS) == {}
    source.take({**delivered, "order_id": "a"})
    assert source.told(2 * SECOND_MS) == {"open_deliveries": ["b", "c"]}


def test_after_a_restart_all_is_told_again() -> None:
    """From the things alone; even that nothing is left in a register."""
    source = Source("tickets")
    source.take(opened("a", 0), opened("b", 1), opened("c", 2, kind="incident"))
    source.take(then("closed", "b", 3))
    source.restart()
    nothing: dict[str, list[str]] = {"urgent_tickets": [], "critical_incidents": []}
    assert source.told() == {"open_tickets": ["a", "c"], **nothing}


def test_a_forgotten_thing_leaves() -> None:
    """When the state lets go of it."""
    source = Source("workflows")
    day = 24 * HOUR_MS
    done = {"type": "workflow.completed", "occurred_at": NOON_MS}
    source.take({**done, "workflow_id": "a"})
    assert source.told() == {"workflows": [], "workflows_completed": ["a"]}
    source.take({**done, "workflow_id": "b", "occurred_at": NOON_MS + 10 * day})
    source.restart()
    source.take({**done, "workflow_id": "c", "occurred_at": NOON_MS + 10 * day})
    list(source.state.changes())
    assert source.told()["workflows_completed"] == ["b", "c"]


def publication(partition: int, version: int, rows: list[dict[str, Any]]) -> Publication:
    """What a source partition of deliveries tells."""
    return Publication(
        topic="deliveries",
        partition=partition,
        lane=REST,
        version=version,
        final=True,
        watermark=NOON_MS,
        head=NOON_MS,
        idle=False,
        arrival=NOON_MS,
        sent_ms=0,
        panes=[],
        registers={"open_deliveries": rows},
    )


def due(name: str, at: int) -> dict[str, Any]:
    """A row of open deliveries."""
    return {"id": name, "audience": "customer", "at": at, "due_at": at}


def test_the_union_of_all_sources_in_order() -> None:
    """Each source replaces what it told; an older telling changes nothing."""
    state = MergeState(Settings())
    state.take(publication(0, 5, [due("a", 1), due("c", 3)]))
    state.take(publication(1, 5, [due("b", 2)]))
    assert [row["id"] for row in state.register("open_deliveries")] == ["a", "b", "c"]
    state.take(publication(0, 4, [due("z", 0)]))
    state.take(publication(1, 6, []))
    assert [row["id"] for row in state.register("open_deliveries")] == ["a", "c"]


def test_the_merge_stage_keeps_and_shows_only_what_changed() -> None:
    """Saved, taken back, and shown again when asked."""
    merged = MergedRegisters()
    merged.take("tickets/0", {"open_tickets": [due("a", 1)], "critical_incidents": []})
    assert merged.take_touched() == ["critical_incidents", "open_tickets"]
    saved = dict(merged.take_unsaved())
    merged.take("tickets/0", {"open_tickets": [due("a", 1)]})
    assert merged.take_touched() == []
    assert list(merged.take_unsaved()) == []
    again = MergedRegisters()
    for key, rows in saved.items():
        again.restore(key, rows)
    again.restore("no_more@tickets/0", [due("a", 1)])
    again.touch_all()
    assert again.take_touched() == ["critical_incidents", "open_tickets"]
    assert again.parts == merged.parts


def test_no_more_than_it_keeps_from_all_sources() -> None:
    """However many each tells."""
    merged = MergedRegisters()
    keep = REGISTERS["open_deliveries"].keep
    for source in range(2):
        rows = [due(f"{source}/{n}", n) for n in range(keep)]
        merged.take(f"deliveries/{source}", {"open_deliveries": rows})
    shown = merged.rows("open_deliveries")
    assert len(shown) == keep
    assert shown[-1]["id"] == f"1/{keep // 2 - 1}"


def test_rows_of_things_arrive_as_they_were_sent() -> None:
    """Through the wire, stages and all."""
    source = Source("workflows")
    plan = {"name": "Onboarding", "due_at": NOON_MS + HOUR_MS, "workflow_id": "w"}
    source.take({"type": "workflow.started", "occurred_at": NOON_MS} | plan)
    told = source.state.registers.take_unpublished(0)
    sent = encode_publication(replace(publication(0, 1, []), topic="workflows", registers=told))
    state = MergeState(Settings())
    state.take(decode_publication(sent))
    assert state.register("workflows") == told["workflows"]
    assert told["workflows"][0]["stages"] == [[NOON_MS, "initiation"]]


@pytest.mark.parametrize("name", REGISTERS)
def test_every_register_is_filled_by_its_topic(name: str) -> None:
    """With all its columns, and no others."""
    register = REGISTERS[name]
    source = Source(register.topic)
    source.take(*({"occurred_at": NOON_MS} | event for event in EVENTS[name]))
    (row,) = source.state.registers.take_unpublished(0)[name]
    assert tuple(row) == ("id", "audience", "at", *register.columns)


STARTED = {"type": "workflow.started", "workflow_id": "w", "name": "n"}
COUNTED = {"on_hand": 1, "value": 1, "reorder_point": 2, "sku": "s", "location": "l"}
EVENTS: dict[str, list[dict[str, Any]]] = {
    "open_tickets": [opened("a", 0)],
    "urgent_tickets": [opened("a", 0, priority="high")],
    "critical_incidents": [opened("a", 0, kind="incident", priority="critical")],
    "open_deliveries": [{"type": "delivery.promised", "order_id": "o", "promised_at": NOON_MS}],
    "workflows": [STARTED],
    "workflows_completed": [STARTED, {"type": "workflow.completed", "workflow_id": "w"}],
    "low_stock": [{"type": "stock.counted"} | COUNTED],
    "services": [{"type": "probe.reported", "service": "s", "up": True}],
}
