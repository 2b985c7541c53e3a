"""A mapping file says what a row's columns mean; what does not fit is named by row and column."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams.mapping import Mapping, load
from streams.rows import MappingError

HEAD = """
topic = "tickets"
source = "desk"
null = ["", "?"]
"""
OPENED = """
[[event]]
type = "ticket.opened"
at = "opened"
constants = { kind = "issue", priority = "low" }
fields = { ticket_id = "id" }
"""
ROW = {"id": "T1", "opened": "2016-03-01T08:00:00Z", "state": "Closed", "closed": "2016-03-02"}
OPENED_MS, CLOSED_MS = 1_456_819_200_000, 1_456_876_800_000


@pytest.fixture
def mapping(tmp_path: Path) -> Any:
    """Return a function: TOML → the mapping of it."""

    def made(*parts: str) -> Mapping:
        path = tmp_path / "mapping.toml"
        path.write_text("".join(parts), encoding="utf-8")
        return load(path)

    return made


def test_columns_and_constants_become_fields(mapping: Any) -> None:
    """The event is complete, as it stands in a record."""
    assert mapping(HEAD, OPENED).events(ROW, 7) == [
        {
            "type": "ticket.opened",
            "event_id": "7.1",
            "source": "desk",
            "occurred_at": OPENED_MS,
            "ticket_id": "T1",
            "kind": "issue",
            "priority": "low",
        }
    ]


def test_a_row_becomes_several_events(mapping: Any) -> None:
    """Each has an id of its own, which stays the same whenever the file is played."""
    closed = '[[event]]\ntype = "ticket.closed"\nat = "closed"\nfields = { ticket_id = "id" }\n'
    found = mapping(HEAD, OPENED, closed).events(ROW, 7)
    assert [(e["type"], e["event_id"], e["occurred_at"]) for e in found] == [
        ("ticket.opened", "7.1", OPENED_MS),
        ("ticket.closed", "7.2", CLOSED_MS),
    ]


def test_what_all_events_share_is_said_once(mapping: Any) -> None:
    """Each event takes what it has a field for."""
    shared = '[fields]\nticket_id = "id"\nassignee = "who"\n[constants]\nchannel = "phone"\n'
    events = "".join(
        f'[[event]]\ntype = "ticket.{t}"\nat = "opened"\n' for t in ("assigned", "closed")
    )
    assigned, closed = mapping(HEAD, shared, events).events(ROW | {"who": "Ann"}, 1)
    assert assigned["assignee"] == "Ann"
    assert "assignee" not in closed
    assert assigned["channel"] == closed["channel"] == "phone"


STATES = """
[[event]]
at = "opened"
fields = { ticket_id = "id" }
[event.type]
column = "state"
values = { Closed = "ticket.closed", Fixed = "ticket.resolved", New = "" }
"""


@pytest.mark.parametrize(
    ("state", "types"),
    [
        ("Closed", ["ticket.closed"]),
        ("Fixed", ["ticket.resolved"]),
        ("New", []),
        ("?", []),
        (None, []),
    ],
)
def test_the_type_may_be_told_by_a_column(state: Any, types: list[str], mapping: Any) -> None:
    """A value translated to nothing is no event, and neither is an unknown one."""
    found = mapping(HEAD, STATES).events(ROW | {"state": state}, 1)
    assert [e["type"] for e in found] == types


@pytest.mark.parametrize(("state", "n"), [("Closed", 1), ("Fixed", 1), ("New", 0), ("", 0)])
def test_an_event_may_be_for_some_rows_only(state: str, n: int, mapping: Any) -> None:
    """Those whose column has one of the values."""
    when = OPENED + 'when = { state = ["Closed", "Fixed"] }\n'
    assert len(mapping(HEAD, when).events(ROW | {"state": state}, 1)) == n


@pytest.mark.parametrize("nothing", ["", "?", " ? ", None])
def test_what_is_null_is_left_out(nothing: Any, mapping: Any) -> None:
    """The field is absent, not an empty text."""
    with_region = mapping(HEAD, '[fields]\nregion = "where"\n', OPENED)
    assert "region" not in with_region.events(ROW | {"where": nothing}, 1)[0]
    assert with_region.events(ROW | {"where": "north"}, 1)[0]["region"] == "north"


def test_an_event_without_a_time_did_not_happen(mapping: Any) -> None:
    """Of several columns the first known one is its time."""
    assert mapping(HEAD, OPENED).events(ROW | {"opened": "?"}, 1) == []
    either = OPENED.replace('at = "opened"', 'at = ["opened", "closed"]')
    found = mapping(HEAD, either).events(ROW | {"opened": "?"}, 1)
    assert [e["occurred_at"] for e in found] == [CLOSED_MS]


def test_numbers_and_truths_are_read_from_text(mapping: Any) -> None:
    """By what the event's field is; numbers of NDJSON may stand for texts."""
    made = mapping(
        'topic = "feedback"\nsource = "s"\n[fields]\nfeedback_id = "id"\ncsat = "stars"\n',
        '[[event]]\ntype = "feedback.submitted"\nat = "at"\n',
    )
    for row in (
        {"id": "12", "stars": "4", "at": "2016-03-02"},
        {"id": 12, "stars": 4, "at": "2016-03-02"},
    ):
        event = made.events(row, 1)[0]
        assert (event["feedback_id"], event["csat"]) == ("12", 4)


def test_the_number_of_the_row_can_be_an_id(mapping: Any) -> None:
    """For files that have none."""
    numbered = OPENED.replace('ticket_id = "id"', 'ticket_id = "#"')
    assert mapping(HEAD, numbered).events(ROW, 12)[0]["ticket_id"] == "12"


# fmt: off
TIMES = [  # form, zone, text, moment
    ("iso",            "UTC",           "2016-03-01T08:00:00",       OPENED_MS),
    ("iso",            "Europe/Berlin", "2016-03-01T09:00:00",       OPENED_MS),
    ("iso",            "Europe/Berlin", "2016-03-01T10:00:00+02:00", OPENED_MS),
    ("%d-%m-%Y %H:%M", "UTC",           "01-03-2016 08:00",          OPENED_MS),
    ("%d-%m-%Y %H:%M", "Asia/Tokyo",    "01-03-2016 17:00",          OPENED_MS),
    ("%m/%d/%Y %H:%M", "UTC",           "3/1/2016 8:00",             OPENED_MS),
    ("s",              "Asia/Tokyo",    "1456819200.5",              OPENED_MS + 500),
    ("ms",             "UTC",           "1456819200000",             OPENED_MS),
]
# fmt: on


@pytest.mark.parametrize(("form", "zone", "text", "at_ms"), TIMES)
def test_times_are_read_by_form_and_zone(
    form: str, zone: str, text: str, at_ms: int, mapping: Any
) -> None:
    """A zone holds for times that have no offset of their own."""
    head = f'{HEAD}\ntime_format = "{form}"\nzone = "{zone}"\n'
    assert mapping(head, OPENED).events(ROW | {"opened": text}, 1)[0]["occurred_at"] == at_ms


@pytest.mark.parametrize(("zone", "hour"), [("UTC", 0), ("America/Sao_Paulo", 3)])
def test_a_date_promised_means_the_end_of_that_day(zone: str, hour: int, mapping: Any) -> None:
    """In the mapping's zone; a date on which something began is its midnight."""
    made = mapping(
        f'topic = "deliveries"\nsource = "s"\nzone = "{zone}"\ntime_format = "%m/%d/%Y %H:%M"\n',
        '[[event]]\ntype = "delivery.promised"\nat = "bought"\n[event.fields]\norder_id = "#"\n',
        'promised_at = { column = "promised", date_only = true }\n',
        'ordered_at = { column = "promised", date_only = true }\n',
    )
    event = made.events({"bought": "6/1/2018 12:00", "promised": "6/10/2018 0:00"}, 1)[0]
    midnight_ms = 1_528_588_800_000 + hour * 3_600_000  # 2018-06-10
    assert event["promised_at"] == midnight_ms + 24 * 3_600_000
    assert event["ordered_at"] == midnight_ms


# fmt: off
BAD_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "not a time":        ({"opened": "yesterday"},      "row 7, column 'opened': 'yesterday' is not a time"),
    "a time in seconds": ({"opened": "1456819200"},     "row 7, column 'opened'"),
    "an unknown value":  ({"grade": "z"},               "row 7, column 'grade': 'z' is not among its values"),
    "out of limits":     ({"id": "x" * 201},            "row 7, column 'id': Expected `str` of length <= 200"),
    "needed, but null":  ({"id": "?"},                  "row 7, column 'id': Object missing required field"),
    "not a plain value": ({"id": [1]},                  "row 7, column 'id': is not a plain value"),
    "very long":         ({"opened": "9" * 10_000},     "row 7, column 'opened'"),
}
# fmt: on


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_row_that_does_not_fit_is_named(case: str, mapping: Any) -> None:
    """By number and column, in few words."""
    change, message = BAD_ROWS[case]
    graded = '[fields]\nregion = { column = "grade", values = { a = "best" } }\n'
    with pytest.raises(MappingError) as caught:
        mapping(HEAD, graded, OPENED).events({"grade": "a"} | ROW | change, 7)
    assert str(caught.value).startswith(message)
    assert len(str(caught.value)) < 300


# fmt: off
BAD_MAPPINGS = {
    "no TOML":              ("topic = ",                                          "mapping.toml"),
    "no such topic":        (HEAD.replace("tickets", "weather") + OPENED,         "no topic 'weather'"),
    "no such zone":         (HEAD + 'zone = "Mars"\n' + OPENED,                   "no time zone 'Mars'"),
    "no such type":         (HEAD + OPENED.replace("ticket.opened", "ticket.sold"), "no types ['ticket.sold']"),
    "no such type by value":(HEAD + STATES.replace("ticket.closed", "closed"),    "no types ['closed']"),
    "no such field":        (HEAD + OPENED.replace("ticket_id", "ticket"),        "no fields ['ticket']"),
    "a field of another":   (HEAD + OPENED.replace("ticket_id", "assignee"),      "no fields ['assignee']"),
    "a misspelt setting":   (HEAD + "nul = []\n" + OPENED,                        "nul"),
    "no events":            (HEAD,                                                "event"),
    "its time twice":       (HEAD + OPENED.replace("ticket_id", "occurred_at"),   "no fields ['occurred_at']"),
}
# fmt: on


@pytest.mark.parametrize("case", BAD_MAPPINGS)
def test_a_mapping_that_cannot_be_is_refused_before_any_row(case: str, mapping: Any) -> None:
    """What is wrong is in the text."""
    text, message = BAD_MAPPINGS[case]
    with pytest.raises(MappingError, match=r".") as caught:
        mapping(text)
    assert message in str(caught.value)


def test_a_mapping_knows_its_columns(mapping: Any) -> None:
    """All it reads from, so that a file without one is refused at once."""
    made = mapping(HEAD, '[fields]\nregion = "where"\n', OPENED, STATES)
    assert made.columns == {"id", "opened", "state", "where"}


@pytest.mark.parametrize("path", sorted(Path("demo/mappings").glob("*.toml")), ids=lambda p: p.stem)
def test_every_mapping_checked_in_can_be_loaded(path: Path) -> None:
    """They are the examples to start from."""
    assert load(path).columns
