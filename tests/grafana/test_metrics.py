"""What Prometheus scrapes."""

from __future__ import annotations

import re
import shutil
import subprocess

import httpx
import msgspec
import pytest

from grafana.metrics import Family, text
from schemas.settings import Settings
from tests.grafana.conftest import Gate, client_of
from tests.grafana.seed import Seeder

Client = httpx.AsyncClient


async def scraped(client: Client) -> str:
    """Return what a scrape gets."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer.text


async def test_counts_lags_and_ages_are_told_by_topic(client: Client, seeder: Seeder) -> None:
    """Of four partitions the sum, of ages the newest."""
    seeder.everything()

    told = await scraped(client)

    assert 'command_centre_events_total{topic="tickets",outcome="accepted"} 192844' in told
    assert 'command_centre_lag_records{topic="tickets"} 12' in told
    assert re.search(r'command_centre_data_age_seconds\{topic="tickets"\} \d+\.\d+', told)
    assert 'command_centre_alerts_active{severity="critical"} 2' in told
    assert "command_centre_up 1.0" in told
    assert re.search(r"^command_centre_api_cpu_seconds_total \d+\.\d+$", told, re.MULTILINE)


async def test_an_engine_that_never_reported_is_down_and_counts_nothing(client: Client) -> None:
    """A missing sample, not 0: absent() can alert on it."""
    told = await scraped(client)

    assert "command_centre_up 0.0" in told
    assert "command_centre_lag_records{" not in told
    assert "command_centre_read_records_per_second " not in re.sub("#.*", "", told)


async def test_with_redis_away_no_number_of_alerts_is_told(settings: Settings, gate: Gate) -> None:
    """Zero would say that all is well."""
    behind = msgspec.structs.replace(settings, redis=f"redis://127.0.0.1:{gate.port}/0")
    async with client_of(behind) as client:
        await gate.close()
        told = await scraped(client)

    assert "command_centre_up 0.0" in told
    assert "alerts_active" not in told


async def test_figures_need_the_token_where_there_is_one(settings: Settings) -> None:
    """As all other figures."""
    async with client_of(msgspec.structs.replace(settings, api_token="t")) as client:
        assert (await client.get("/metrics")).status_code == 401
        given = {"Authorization": "Bearer t"}
        assert (await client.get("/metrics", headers=given)).status_code == 200


def test_labels_are_escaped_and_unknown_values_left_out() -> None:
    """A quote in a name must not break a scrape."""
    family = Family("x", "gauge", "X", [({"name": 'a"b\\c\nd'}, 1.5), ({"name": "e"}, None)])

    assert text([family]).splitlines()[2:] == [r'command_centre_x{name="a\"b\\c\nd"} 1.5']


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
async def test_prometheus_s_own_checker_has_nothing_to_say(client: Client, seeder: Seeder) -> None:
    """Where it is installed."""
    seeder.everything()

    told = await scraped(client)

    assert _checked(told) == (0, "", "")


def _checked(told: str) -> tuple[int, str, str]:
    command = ["promtool", "check", "metrics"]
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr
