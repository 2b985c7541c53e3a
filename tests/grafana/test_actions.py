"""Actions over HTTP: by whom, from where, how much; what leaves for the keeper, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from starlette.routing import Route as WebRoute

from grafana.api import make_app
from grafana.changes import CHANGES
from grafana.people import load_people
from schemas.alerts import Action, ActionOutcome, Silence, decode_input
from schemas.names import Names
from schemas.readings import encode
from schemas.settings import Settings
from tests.grafana.conftest import client_of
from tests.grafana.seed import Seeder

MARA, OMAR = "mara-0123456789abcdef", "omar-0123456789abcdef"
ALERT = "/api/alerts/csat_drop:customer%7Cproduct=a%2Fb/actions"
ACK = {"action": "acknowledge", "comment": "on it"}


class Topic:
    """What would be appended to the topic of actions."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes]] = []
        self.away = False

    async def append(self, key: bytes, value: bytes) -> None:
        """Keep a record."""
        if self.away:
            raise OSError("no connection")
        self.records.append((key, value))

    @property
    def given(self) -> list[Action | Silence]:
        """The records, decoded as the keeper does."""
        return [decode_input(value) for _, value in self.records]


@pytest.fixture
def topic() -> Topic:
    """Return an empty topic."""
    return Topic()


@pytest.fixture
def with_people(settings: Settings, tmp_path: Path) -> Settings:
    """Return settings with two people, one of whom has two names."""
    path = tmp_path / "people"
    path.write_text(f"# on call\nMara {MARA}\nOmar Sy {OMAR}\n")
    return msgspec.structs.replace(settings, action_tokens_file=str(path))


def bearing(token: str) -> dict[str, str]:
    """The header."""
    return {"Authorization": f"Bearer {token}"}


async def posted(
    settings: Settings, topic: Topic, path: str = ALERT, body: Any = None, **more: Any
) -> httpx.Response:
    """The answer to a POST; to localhost unless said otherwise."""
    async with client_of(settings, append=topic.append) as client:
        url = more.pop("base", "http://localhost:8600") + path
        if "content" not in more:
            more["json"] = ACK if body is None else body
        return await client.post(url, **more)


async def test_a_person_s_token_says_who_acted(with_people: Settings, topic: Topic) -> None:
    """It is safe in the topic before the answer; the path may hold any segment."""
    answer = await posted(with_people, topic, headers=bearing(OMAR))
    assert answer.status_code == 202
    [(key, _)], [action] = topic.records, topic.given
    assert isinstance(action, Action)
    assert action.fingerprint == "csat_drop:customer|product=a/b"
    assert (action.who, action.action, action.comment) == ("Omar Sy", "acknowledge", "on it")
    assert answer.json() == {"id": action.id, "outcome": f"/api/actions/{action.id}"}
    assert key == action.id.encode()


async def test_nobody_acts_in_another_s_name(with_people: Settings, topic: Topic) -> None:
    """Nor without a name."""
    body = ACK | {"who": "Mara"}
    assert (await posted(with_people, topic, body=body, headers=bearing(OMAR))).status_code == 403
    assert (await posted(with_people, topic, body=body)).status_code == 401
    assert (await posted(with_people, topic, headers=bearing("mara"))).status_code == 401
    assert topic.records == []


async def test_the_shared_token_reads_but_does_not_act_where_people_have_their_own(
    with_people: Settings, topic: Topic, seeder: Seeder
) -> None:
    """A person's own reads, too."""
    both = msgspec.structs.replace(with_people, api_token="everyone-0123456789")
    shared = bearing("everyone-0123456789")
    assert (await posted(both, topic, headers=shared)).status_code == 401
    async with client_of(both) as client:
        for headers in (shared, bearing(MARA)):
            assert (await client.get("/api/alerts", headers=headers)).status_code == 200
        assert (await client.get("/api/alerts")).status_code == 401


async def test_with_the_shared_token_alone_the_caller_says_who(
    settings: Settings, topic: Topic
) -> None:
    """And must say it."""
    shared = msgspec.structs.replace(settings, api_token="everyone-0123456789")
    headers = bearing("everyone-0123456789")
    body = ACK | {"who": "bot"}
    assert (await posted(shared, topic, headers=headers)).status_code == 400
    assert (await posted(shared, topic, body=body, headers=headers)).status_code == 202
    assert (await posted(shared, topic, body=body)).status_code == 401
    assert [one.who for one in topic.given] == ["bot"]


async def test_without_tokens_only_this_machine_may_act(settings: Settings, topic: Topic) -> None:
    """By the name localhost, which no other site can take."""
    body = ACK | {"who": "mara"}
    assert (await posted(settings, topic, body=body)).status_code == 202
    assert (await posted(settings, topic, body=body, base="http://127.0.0.1")).status_code == 202
    assert (await posted(settings, topic, body=body, base="http://evil.test")).status_code == 403
    open_ = msgspec.structs.replace(settings, api_host="0.0.0.0")
    refused = await posted(open_, topic, body=body)
    assert (refused.status_code, len(topic.records)) == (403, 2)
    assert refused.json()["error"]["code"] == "actions_need_token"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_page_of_another_site_cannot_act(
    with_people: Settings, topic: Topic, headers: dict[str, str]
) -> None:
    """Whatever the browser adds."""
    answer = await posted(with_people, topic, headers=bearing(MARA) | headers)
    assert (answer.status_code, topic.records) == (403, [])


async def test_our_own_page_can(with_people: Settings, topic: Topic) -> None:
    """Also by its public address, through a proxy that tells us another."""
    public = msgspec.structs.replace(with_people, public_url="https://wall.example")
    for origin in ("http://localhost:8600", "https://wall.example"):
        headers = bearing(MARA) | {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
        assert (await posted(public, topic, headers=headers)).status_code == 202


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"action": "acknowledge"}', "text/plain", 415),
        (b'{"action": "acknowledge"}', "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"action": "delete"}', "application/json", 400),
        (b'{"action": "comment"}', "application/json", 400),
        (b'{"action": "resolve", "at": 1}', "application/json", 400),
        (b'{"action": "resolve", "comment": 1}', "application/json", 400),
        (b'{"action": "resolve", "comment": "\\u001b[2J"}', "application/json", 400),
        (b'{"action": "resolve", "owner": "\\u202eevil"}', "application/json", 400),
        (b'{"action": "resolve", "id": "../x"}', "application/json", 400),
        (b'{"action": "resolve", "comment": "' + b"x" * 1_001 + b'"}', "application/json", 400),
        (b" " * 20_000, "application/json", 413),
    ],
)
async def test_what_is_no_action_is_refused(
    with_people: Settings, topic: Topic, content: bytes, kind: str, status: int
) -> None:
    """With a sentence that says why; nothing leaves."""
    headers = bearing(MARA) | {"Content-Type": kind}
    answer = await posted(with_people, topic, content=content, headers=headers)
    assert (answer.status_code, topic.records) == (status, [])
    assert answer.json()["error"]["message"]


async def test_an_id_of_the_caller_s_own_makes_a_repeat_harmless(
    with_people: Settings, topic: Topic
) -> None:
    """The keeper takes it once."""
    body = ACK | {"id": "from-my-phone-1"}
    for _ in range(2):
        await posted(with_people, topic, body=body, headers=bearing(MARA))
    assert {key for key, _ in topic.records} == {b"from-my-phone-1"}


async def test_a_kafka_that_is_away_is_told_with_the_id_to_try_again(
    with_people: Settings, topic: Topic
) -> None:
    """It may have been appended all the same."""
    topic.away = True
    body = ACK | {"id": "from-my-phone-1"}
    answer = await posted(with_people, topic, body=body, headers=bearing(MARA))
    assert answer.status_code == 503
    assert "from-my-phone-1" in answer.json()["error"]["message"]


async def test_an_api_without_kafka_says_so(with_people: Settings) -> None:
    """``python -m grafana`` reads only."""
    async with client_of(with_people) as client:
        answer = await client.post(ALERT, json=ACK, headers=bearing(MARA))
    assert answer.json()["error"]["code"] == "actions_away"


async def test_what_became_of_it_can_be_asked(with_people: Settings, seeder: Seeder) -> None:
    """Pending, accepted, or refused with the reason."""
    key = Names(with_people.prefix).action_outcomes
    for id_, accepted, reason in (("id-00001", True, "acted"), ("id-00002", False, "refused")):
        outcome = ActionOutcome(id=id_, at=1, accepted=accepted, reason=reason, status="resolved")
        seeder.redis.hset(key, id_, encode(outcome))
    async with client_of(with_people) as client:
        answers = [await client.get(f"/api/actions/id-0000{i}") for i in (1, 2, 3)]
    assert [answer.status_code for answer in answers] == [200, 409, 202]
    told = [(a.json()["status"], a.json()["reason"]) for a in answers]
    assert told == [("accepted", "acted"), ("refused", "refused"), ("pending", "")]


async def test_a_silence_begins_now_and_can_be_ended(
    with_people: Settings, topic: Topic, seeder: Seeder
) -> None:
    """By somebody else, who is named."""
    body = {"matchers": {"fingerprint": "x:customer"}, "duration_min": 60, "comment": "known"}
    answer = await posted(with_people, topic, "/api/silences", body, headers=bearing(MARA))
    assert answer.status_code == 202
    [silence] = topic.given
    assert isinstance(silence, Silence)
    assert silence.ends_at - silence.starts_at == 3_600_000
    assert (silence.who, silence.matchers) == ("Mara", {"fingerprint": "x:customer"})

    seeder.redis.hset(Names(with_people.prefix).silences, silence.id, encode(silence))
    async with client_of(with_people, append=topic.append) as client:
        rows = (await client.get("/api/silences")).json()["rows"]
        assert [row["id"] for row in rows] == [silence.id]
        url, headers = f"http://localhost/api/silences/{silence.id}", bearing(OMAR)
        ended = await client.request("DELETE", url, json={}, headers=headers)
        unknown = await client.request("DELETE", url + "x", json={}, headers=headers)
    assert (ended.status_code, unknown.status_code) == (202, 404)
    assert topic.given[1] == msgspec.structs.replace(silence, deleted=True, who="Omar Sy")


@pytest.mark.parametrize(
    "wrong",
    [
        {"matchers": {}},
        {"matchers": {"Bad name": "x"}},
        {"matchers": {"kpi": ""}},
        {"matchers": {f"k{i}": "x" for i in range(21)}},
        {"duration_min": 0},
        {"duration_min": 10**9},
        {"repeat": "yearly"},
    ],
)
async def test_a_silence_that_makes_no_sense_is_refused(
    with_people: Settings, topic: Topic, wrong: dict[str, Any]
) -> None:
    """A silence of everything would be one."""
    body = {"matchers": {"kpi": "csat"}, "duration_min": 60} | wrong
    answer = await posted(with_people, topic, "/api/silences", body, headers=bearing(MARA))
    assert (answer.status_code, topic.records) == (400, [])


def test_every_change_that_is_served_is_described(settings: Settings) -> None:
    """And the other way round."""
    served = {
        (route.path.replace(":path", ""), method.lower())
        for route in make_app(settings).routes
        if isinstance(route, WebRoute)
        for method in route.methods or ()
    }
    assert {(one.path, one.method) for one in CHANGES} <= served
    changing = {one for one in served if one[1] not in ("get", "head")}
    assert changing == {(one.path, one.method) for one in CHANGES if one.method != "get"}


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("mara short", "line 1: a name"),
        (MARA, "line 1: a name"),
        (f"mara {MARA}\n\nomar {MARA}", "line 3: the token of another"),
    ],
)
def test_a_file_of_tokens_that_is_wrong_stops_the_api(tmp_path: Path, lines: str, why: str) -> None:
    """With the line, and without the token."""
    path = tmp_path / "people"
    path.write_text(lines)
    with pytest.raises(ValueError, match=why) as error:
        load_people(str(path))
    assert MARA not in str(error.value)
