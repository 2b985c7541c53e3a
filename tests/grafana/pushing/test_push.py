"""Pushing into a Grafana, through its HTTP interface."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from agents.cli import command_line
from grafana.dashboards.generate import all_pages
from grafana.pushing import push as pushing
from grafana.pushing.push import Line, Push
from grafana.pushing.trouble import PushError
from schemas.settings import Settings
from tests.grafana.pushing.stand_in import TOKEN, StandIn

BOARDS = len(all_pages({}))


@pytest.fixture
def grafana() -> Iterator[StandIn]:
    """Return an empty Grafana; nothing it was sent may be out of shape."""
    stand_in = StandIn()
    yield stand_in
    stand_in.close()
    assert stand_in.wrong == []


@pytest.fixture
def settings(grafana: StandIn) -> Settings:
    """Point at it, with an API that asks for a token."""
    return Settings(
        grafana_url=grafana.url,
        grafana_token=TOKEN,
        grafana_api_url="http://api:8600/",
        api_token="read-me",
    )


def push(settings: Settings, *, force: bool = False) -> list[Line]:
    """Return the report."""
    return list(Push(settings, force=force).run())


def outcomes(lines: list[Line]) -> Counter[str]:
    """Return how often each outcome was, but for what was only noticed."""
    return Counter(line.outcome for line in lines if line.outcome != "noticed")


def test_into_an_empty_grafana_everything_is_created(grafana: StandIn, settings: Settings) -> None:
    """Three folders, the data source, all dashboards in the folder they belong to."""
    lines = push(settings)

    assert outcomes(lines) == {"created": 3 + 1 + BOARDS}
    assert set(grafana.folders) == {"cc-overview", "cc-customers", "cc-partners"}
    assert grafana.boards["supply-chain"]["folder"] == "cc-partners"
    assert grafana.boards["overview"]["dashboard"]["title"] == "Overview"


def test_the_token_goes_where_grafana_keeps_secrets_and_nowhere_else(
    grafana: StandIn, settings: Settings
) -> None:
    """What can be read back shows that there is one; the address lacks its last slash."""
    push(settings)

    source = grafana.sources["command-centre"]
    assert source["secureJsonFields"] == {"bearerToken": True}
    assert source["jsonData"] == {
        "auth_method": "bearerToken",
        "allowedHosts": ["http://api:8600"],
        "customHealthCheckEnabled": True,
        "customHealthCheckUrl": "/api/panels/status",
    }
    assert source["url"] == "http://api:8600"
    assert "read-me" not in str(source)


def test_a_second_push_changes_nothing(grafana: StandIn, settings: Settings) -> None:
    """By the message of the version that is there, the first as any other."""
    push(settings)
    grafana.asked.clear()

    assert outcomes(push(settings)) == {"unchanged": 3 + 1 + BOARDS}
    assert grafana.writes() == []


def test_what_changed_on_our_side_is_updated_and_nothing_else(
    grafana: StandIn, settings: Settings
) -> None:
    """Another currency changes the pages with money on them; another address the data source."""
    push(settings)
    other = msgspec.structs.replace(settings, currency="USD", grafana_api_url="https://api/")

    lines = push(other)

    updated = {line.what for line in lines if line.outcome == "updated"}
    assert {"data source Command Centre", "dashboard Revenue and growth"} <= updated
    assert "dashboard Sentiment" not in updated
    assert "currency:USD" in str(grafana.boards["revenue-growth"]["dashboard"])


def test_a_token_that_is_no_longer_asked_for_is_taken_away(
    grafana: StandIn, settings: Settings
) -> None:
    """Grafana keeps a secret of which an update says nothing."""
    push(settings)
    without = msgspec.structs.replace(settings, api_token="")

    assert outcomes(push(without)) == {"updated": 1, "unchanged": 3 + BOARDS}
    assert outcomes(push(without)) == {"unchanged": 3 + 1 + BOARDS}
    assert grafana.sources["command-centre"]["secureJsonFields"] == {}


def test_whether_the_data_source_reaches_the_api_is_told(
    grafana: StandIn, settings: Settings
) -> None:
    """As Grafana sees it; dashboards are pushed all the same."""
    assert "data source Command Centre gets answers of our API" in {x.what for x in push(settings)}
    refused = {
        "status": "ERROR",
        "message": "Health check failed",
        "details": {"verboseMessage": "status code : 401"},
    }
    grafana.trouble["GET /api/datasources/uid/command-centre/health"] = (400, refused)

    (told,) = [line.why for line in push(settings) if line.outcome == "noticed" and line.why]
    assert told.startswith("gets no answer of our API (status code : 401); --force")


def test_a_renamed_folder_gets_its_title_back(grafana: StandIn, settings: Settings) -> None:
    """By the version that was seen."""
    push(settings)
    grafana.folders["cc-partners"]["title"] = "Old"

    assert outcomes(push(settings))["updated"] == 1
    assert grafana.folders["cc-partners"]["title"] == "Command Centre: partners"


def test_a_dashboard_changed_by_hand_is_kept_until_forced(
    grafana: StandIn, settings: Settings
) -> None:
    """Nobody loses an afternoon's work to an upgrade."""
    push(settings)
    grafana.edit("social", title="Our social page")

    (kept,) = [line for line in push(settings) if line.outcome == "kept"]
    assert "changed by hand" in kept.why
    assert grafana.boards["social"]["dashboard"]["title"] == "Our social page"

    forced = push(settings, force=True)
    assert Line("updated", "dashboard Social media") in forced
    assert grafana.boards["social"]["dashboard"]["title"] == "Social media"


def test_a_dashboard_of_others_under_our_uid_is_kept(grafana: StandIn, settings: Settings) -> None:
    """An "overview" may have been there before."""
    push(settings)
    grafana.edit("overview", tags=["theirs"], title="Their overview")

    (kept,) = [line for line in push(settings) if line.outcome == "kept"]
    assert "another dashboard has the uid overview" in kept.why


def test_what_is_provisioned_from_files_is_named_and_left_alone(
    grafana: StandIn, settings: Settings
) -> None:
    """One way per installation; even --force cannot."""
    push(settings)
    grafana.boards["engine"]["provisioned"] = True
    grafana.sources["command-centre"] |= {"readOnly": True, "url": "http://elsewhere"}

    kept = [line for line in push(settings, force=True) if line.outcome == "kept"]
    assert [(line.what, "provisioned from files" in line.why) for line in kept] == [
        ("data source Command Centre", True),
        ("dashboard Engine", True),
    ]


def test_a_grafana_too_old_is_refused_before_anything_is_written(
    grafana: StandIn, settings: Settings
) -> None:
    """11.6 is the oldest."""
    grafana.version = "11.5.9"
    with pytest.raises(PushError, match=r"11\.5\.9 is too old: 11\.6"):
        push(settings)
    assert grafana.writes() == []


def test_without_the_data_source_s_plugin_nothing_is_written(
    grafana: StandIn, settings: Settings
) -> None:
    """Panels that need another plugin are told of, and pushed."""
    grafana.plugins["volkovlabs-echarts-panel"] = "5.0.0"
    del grafana.plugins["mckn-funnel-panel"]
    lines = push(settings)
    assert [line.outcome for line in lines if line.what.startswith("plugin")] == [
        "noticed",
        "kept",
        "kept",
    ]

    del grafana.plugins["yesoreyeram-infinity-datasource"]
    grafana.asked.clear()
    with pytest.raises(PushError, match=r"datasource is not installed .*, or the token's role"):
        push(settings)
    assert grafana.writes() == []


@pytest.mark.parametrize(
    ("begin", "answer", "told"),
    [
        ("GET /api/front", (401, {"message": "Invalid API key"}), "token is missing or wrong"),
        ("POST /api/folders", (403, {"message": "no access"}), "role does not allow"),
        ("POST /api/folders", (409, {"message": "name taken"}), "name is taken"),
        ("POST /api/dashboards", (412, {"message": "version-mismatch"}), "changed in Grafana"),
        ("POST /api/dashboards", (500, {"message": "database is locked"}), "run it again"),
        ("GET /api/plugins", (502, "<html>bad gateway</html>"), r"failed \(502: <html>bad"),
        ("GET /api/datasources", (429, {"message": "slow down"}), "too many requests"),
    ],
)
def test_a_refusal_ends_the_push_with_a_sentence(
    grafana: StandIn, settings: Settings, begin: str, answer: Any, told: str
) -> None:
    """What it was doing, what Grafana said, what to do."""
    grafana.trouble[begin] = answer
    with pytest.raises(PushError, match=rf"(?s).*{told}"):
        push(settings)


def test_after_a_failure_in_the_middle_a_second_push_does_the_rest(
    grafana: StandIn, settings: Settings
) -> None:
    """What is done stays done."""
    grafana.trouble["GET /api/dashboards/uid/px-metrics"] = (500, {"message": "out of memory"})
    with pytest.raises(PushError, match="dashboard PX metrics"):
        push(settings)
    done = len(grafana.boards)
    grafana.trouble.clear()

    assert outcomes(push(settings))["created"] == BOARDS - done


def test_a_grafana_that_does_not_answer_in_time_is_told(
    grafana: StandIn, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After seconds, not for ever."""
    monkeypatch.setattr(pushing, "TIMEOUT_S", 0.2)
    grafana.trouble["GET /api/plugins"] = 1.0
    with pytest.raises(PushError, match="did not answer in time"):
        push(settings)


def test_a_refused_connection_is_one_line_of_the_command_line(monkeypatch: Any) -> None:
    """No traceback, and which setting to look at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {"CC_GRAFANA_URL": f"http://127.0.0.1:{port}", "CC_GRAFANA_TOKEN": "x"}

    result = CliRunner().invoke(command_line, ["grafana", "push"], env=env)

    assert result.exit_code == 1
    assert "no connection to Grafana (CC_GRAFANA_URL)" in result.output
    assert "Traceback" not in result.output


def test_the_command_reports_what_it_did_and_never_the_token(grafana: StandIn) -> None:
    """Twice: all created, then nothing to do."""
    env = {
        "CC_GRAFANA_URL": grafana.url,
        "CC_GRAFANA_TOKEN": TOKEN,
        "CC_API_TOKEN": "read-me",
    }
    first = CliRunner().invoke(command_line, ["grafana", "push"], env=env)
    second = CliRunner().invoke(command_line, ["grafana", "push"], env=env)

    assert f"{3 + 1 + BOARDS} created, 0 updated, 0 unchanged, 0 kept" in first.output
    assert f"0 created, 0 updated, {3 + 1 + BOARDS} unchanged, 0 kept" in second.output
    assert "read-me" not in first.output + second.output
    assert TOKEN not in first.output + second.output


def test_without_an_address_the_setting_is_named() -> None:
    """Rather than trying some default."""
    with pytest.raises(PushError, match="CC_GRAFANA_URL"):
        Push(Settings())


def test_a_grafana_below_a_path_is_found_there(grafana: StandIn, settings: Settings) -> None:
    """With or without a slash at the end."""
    below = msgspec.structs.replace(settings, grafana_url=f"{grafana.url}/tools/grafana")
    grafana.trouble["GET /tools/grafana/api/frontend/settings"] = (
        200,
        {"buildInfo": {"version": "9.0.0"}},
    )
    with pytest.raises(PushError, match=r"9\.0\.0 is too old"):
        push(below)
