"""The file of receivers and routes: who is told of what, and mistakes told before they matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.paging.receivers import Plan, Route, RoutesError, Secret, load_plan, secret
from agents.paging.senders.make import check
from schemas.settings import Settings
from tests.agents.paging.receivers import KEY
from tests.agents.paging.samples import alert

GOOD = """
[receivers.duty]
kind = "webhook"
url = "https://hooks.example/alerts"
keys_env = ["DUTY_KEY", "DUTY_KEY_OLD"]

[receivers.pager]
kind = "pagerduty"
key_env = "PAGER_KEY"

[receivers.am]
kind = "alertmanager"
url = "http://alertmanager:9093"
labels = {team = "care"}

[receivers.mail]
kind = "apprise"
url_env = "MAIL"
title = "$severity: $title"

[[routes]]
receivers = ["am", "duty"]

[[routes]]
receivers = ["pager", "duty"]
severity = ["red"]

[[routes]]
receivers = ["mail"]
audience = ["partner"]
segment = {partner = ["acme", "globex"]}
"""


def written(tmp_path: Path, text: str) -> str:
    """A file with it."""
    path = tmp_path / "routes.toml"
    path.write_text(text)
    return str(path)


def test_nobody_is_told_without_a_file() -> None:
    """That is the default."""
    assert load_plan("") == Plan()


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ({}, ["am", "duty", "pager"]),
        ({"severity": "yellow"}, ["am", "duty"]),
        (
            {"audience": "partner", "segment": "partner|partner=acme", "severity": "yellow"},
            ["am", "duty", "mail"],
        ),
        ({"audience": "partner", "segment": "partner|partner=hooli"}, ["am", "duty", "pager"]),
    ],
)
def test_every_route_that_matches_counts(
    tmp_path: Path, of: dict[str, Any], expected: list[str]
) -> None:
    """And nobody is told twice."""
    assert load_plan(written(tmp_path, GOOD)).receivers_of(alert(**of)) == expected


def test_a_route_may_name_rules_and_parts_of_segments() -> None:
    """All that it names must hold."""
    route = Route(receivers=("x",), rule=("csat_drop",), segment={"channel": "email"})
    assert route.matches(alert(segment="customer|channel=email,region=emea"))
    assert not route.matches(alert(segment="customer|channel=chat"))
    assert not route.matches(alert(segment="customer|channel=email", rule="other"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("[[routes]]", "[[route]]"), "unknown field `route`"),
        (('kind = "webhook"', 'kind = "webhok"'), "webhok"),
        (('receivers = ["am", "duty"]', 'receivers = ["am", "dury"]'), "names 'dury', which is no"),
        (('severity = ["red"]', 'severity = ["purple"]'), "purple"),
        (('url = "https://hooks.example/alerts"\n', ""), "duty: give one of url"),
        (('keys_env = ["DUTY_KEY", "DUTY_KEY_OLD"]\n', ""), "duty: give keys_env or keys_file"),
        (('key_env = "PAGER_KEY"\n', ""), "pager: give one of key_env"),
        (("https://hooks", "ftp://hooks"), "duty: url must begin with https"),
        (("https://hooks", "https://me:pw@hooks"), "duty: a password in the url"),
        (('"$severity: $title"', '"$severty"'), "mail: title: no such field: severty"),
        (('url_env = "MAIL"', 'url = "mailto://me:pw@host"'), "unknown field `url`"),
        (('key_env = "PAGER_KEY"', 'key_env = "PAGER_KEY"\ntimeout_s = 0'), "timeout_s"),
        (("[receivers.duty]", "[receivers.duty"), "routes.toml"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, change: tuple[str, str], why: str) -> None:
    """With its file and place."""
    assert change[0] in GOOD
    with pytest.raises(RoutesError, match=r"routes\.toml: ") as error:
        load_plan(written(tmp_path, GOOD.replace(*change, 1)))
    assert why in str(error.value)


def test_the_example_is_right_also_without_its_comment_signs(tmp_path: Path) -> None:
    """Somebody will take them away."""
    text = Path("demo/routes.toml").read_text(encoding="utf-8")
    assert list(load_plan(written(tmp_path, text)).receivers) == ["alertmanager"]
    _head, *rest = text.split("\n\n")
    lines = "\n\n".join(rest).replace("# Of all", "## Of all").splitlines()
    bare = [line.removeprefix("# ") if line.startswith("# ") else line for line in lines]
    everything = load_plan(written(tmp_path, "\n".join(bare)))
    assert list(everything.receivers) == ["alertmanager", "duty", "pager", "mail"]
    assert len(everything.routes) == 3


def test_receivers_without_routes_are_a_mistake(tmp_path: Path) -> None:
    """Nobody would be told, and nobody would know."""
    with pytest.raises(RoutesError, match="nobody would be told"):
        load_plan(written(tmp_path, GOOD.partition("[[routes]]")[0]))


async def test_every_secret_is_looked_for_before_the_engine_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And none is shown."""
    path = written(tmp_path, GOOD)
    monkeypatch.setenv("DUTY_KEY", KEY)
    monkeypatch.setenv("DUTY_KEY_OLD", KEY)
    monkeypatch.setenv("PAGER_KEY", "k" * 32)
    with pytest.raises(RoutesError, match="receiver mail: variable MAIL is empty or not set"):
        await check(Settings(alert_routes=path))
    monkeypatch.setenv("MAIL", "nothing://s3cret")
    with pytest.raises(RoutesError, match="receiver mail") as error:
        await check(Settings(alert_routes=path))
    assert "s3cret" not in str(error.value)
    monkeypatch.setenv("MAIL", "ntfy://example.com/topic")
    assert list((await check(Settings(alert_routes=path))).receivers) == [
        *("duty", "pager", "am", "mail"),
    ]


def test_a_secret_may_be_in_a_file_and_is_not_shown(tmp_path: Path) -> None:
    """As orchestrators mount them."""
    path = tmp_path / "key"
    path.write_text("s3cret\n")
    found = secret("", str(path), {})
    assert found == Secret("s3cret")
    assert "s3cret" not in repr(found) + str(found) + f"{found}"
