"""The command line as people use it: as a process, on real servers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from schemas.settings import Settings
from streams.connect import topics

REPOSITORY = Path(__file__).parents[2]
NOBODY = "127.0.0.1:1"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def command(*arguments: str) -> list[str]:
    """An ``agents`` command as arguments of a process."""
    return [sys.executable, "-m", "agents", *arguments]


def environment(**settings: object) -> dict[str, str]:
    """No setting but the given ones (``prefix="x."`` → ``CC_PREFIX``)."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("CC_")}
    return env | {f"CC_{k.upper()}": str(v) for k, v in settings.items()}


def run(*arguments: str, given: str = "", **settings: object) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments),
        cwd=REPOSITORY,
        env=environment(**settings),
        input=given,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.fixture
def on_servers(kafka: str, redis_url: str, namespace: str) -> Run:
    """Run a command in a namespace of its own, with one partition."""

    def call(*arguments: str, given: str = "", **more: object) -> subprocess.CompletedProcess[str]:
        settings: dict[str, object] = {"prefix": f"{namespace}.", "partitions": 1}
        settings |= {"kafka": kafka, "redis": redis_url}
        return run(*arguments, given=given, **(settings | more))

    return call


def test_help_lists_every_command_and_none_of_fausts_own() -> None:
    """In the order people need them."""
    done = run("--help")
    assert done.returncode == 0
    lines = done.stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in lines] == [
        "worker",
        "api",
        "alerts",
        "topics",
        "doctor",
        "validate",
        "replay",
        "simulate",
        "dead-letters",
        "kpis",
        "settings",
        "state",
        "grafana",
    ]


def test_settings_show_values_but_no_secret() -> None:
    """Neither a token nor the password inside an address."""
    done = run("settings", partitions=7, api_token="gold", redis="redis://me:silver@host:1/0")
    assert "CC_PARTITIONS              7" in done.stdout
    assert "redis://me:***@host:1/0" in done.stdout
    assert "gold" not in done.stdout
    assert "silver" not in done.stdout


def test_a_wrong_setting_is_named_in_one_line() -> None:
    """Before anything is started."""
    done = run("topics", partitions="many")
    assert done.returncode == 1
    assert done.stderr == "Error: settings: CC_PARTITIONS='many' is not a int\n"


@pytest.mark.parametrize("name", ["worker", "topics", "state", "dead-letters"])
def test_a_broker_that_is_away_is_told_in_one_line(name: str) -> None:
    """Whichever command meets it; a worker has waited before."""
    done = run(name, kafka=NOBODY, stall_exit_s=1)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"Error: Kafka at {NOBODY}: no connection")
    assert last.endswith("(CC_KAFKA)")
    assert "Traceback" not in done.stderr


def test_topics_are_made_once(on_servers: Run) -> None:
    """A second call finds them."""
    assert on_servers("topics").stdout == f"created {len(topics(Settings()))} topics\n"
    assert on_servers("topics").stdout == "all topics are there\n"


def test_topics_of_another_count_are_refused_by_name(on_servers: Run, namespace: str) -> None:
    """Keys would move; the setting that fits is named."""
    on_servers("topics")
    done = on_servers("topics", partitions=2)
    assert done.returncode == 1
    assert f"{namespace}." in done.stderr
    assert "set CC_PARTITIONS=1" in done.stderr


def test_doctor_fails_without_topics_and_passes_with_them(on_servers: Run) -> None:
    """A missing worker is only a warning: it may not be its turn yet."""
    before = on_servers("doctor")
    assert before.returncode == 1
    assert "failed   missing topics" in before.stdout
    on_servers("topics")
    after = on_servers("doctor")
    assert after.returncode == 0, after.stdout
    assert f"ok       {len(topics(Settings()))} topics are there" in after.stdout
    assert "warning  no worker is in the consumer group" in after.stdout
    assert "ok       Redis answers" in after.stdout


def test_doctor_says_which_server_is_away() -> None:
    """Both, without passwords and tracebacks."""
    done = run("doctor", kafka=NOBODY, redis=f"redis://x:silver@{NOBODY}/0")
    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if line.startswith("failed")]
    assert [line.split()[1] for line in failed] == ["Kafka", "Redis"]
    assert "silver" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_finds_a_misspelt_setting() -> None:
    """It would otherwise be passed over in silence."""
    assert "CC_KAFAK is no setting" in run("doctor", kafka=NOBODY, kafak="x").stdout


def test_nothing_is_saved_before_the_first_event(on_servers: Run) -> None:
    """An empty state topic is no error."""
    on_servers("topics")
    done = on_servers("state")
    assert (done.returncode, done.stdout) == (0, "")


def test_validate_reads_events_from_standard_input_in_order() -> None:
    """A resolution knows the opening before it."""
    envelope = {"source": "desk", "occurred_at": "2026-03-02T10:00:00Z", "ticket_id": "T-1"}
    opened = envelope | {"event_id": "1", "type": "ticket.opened", "kind": "issue"}
    events = [
        opened | {"priority": "high"},
        envelope | {"event_id": "2", "type": "ticket.resolved"},
    ]
    done = run("validate", given="\n".join(json.dumps(event) for event in events))
    assert done.returncode == 0, done.stderr
    assert "1  ticket.opened, tickets, key T-1 → accepted" in done.stdout
    assert "resolution_time: n +1" in done.stdout
    assert done.stdout.endswith("2 of 2 would count\n")


def test_validate_ends_with_1_and_a_hint_for_a_misspelt_type() -> None:
    """Fit for a sender's own tests."""
    done = run("validate", given='{"type": "ticket.opend"}')
    assert done.returncode == 1
    assert "is it ticket.opened (tickets)?" in done.stdout


def test_validate_of_nothing_is_an_error() -> None:
    """No events are no proof."""
    done = run("validate", given="\n")
    assert (done.returncode, done.stderr) == (1, "Error: no events given\n")


def test_replay_plays_a_file_into_a_prefix_of_its_own(on_servers: Run, tmp_path: Path) -> None:
    """And tells what is wrong with a file that does not fit."""
    rows = tmp_path / "visits.csv"
    rows.write_text("at,seconds\n2026-03-02T10:00:00Z,30\n2026-03-02T10:01:00Z,40\n")
    mapping = tmp_path / "visits.toml"
    mapping.write_text(
        'topic = "interactions"\nsource = "web"\n[fields]\nduration_s = "seconds"\n'
        '[[event]]\ntype = "visit.ended"\nat = "at"\n'
    )
    prefix = f"{tmp_path.name.replace('_', '-')}-{os.getpid()}."
    done = on_servers("replay", str(rows), "--mapping", str(mapping), "--prefix", prefix)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 events.") or "\n2 events." in done.stdout
    wrong = on_servers("replay", str(mapping), "--mapping", str(mapping), "--prefix", prefix)
    assert wrong.returncode == 1
    assert "neither .csv nor .ndjson" in wrong.stderr


@pytest.fixture
def api(redis_url: str, namespace: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The API as a process, and where it is."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    env = environment(redis=redis_url, prefix=f"{namespace}.", api_port=port)
    process = subprocess.Popen(command("api"), cwd=REPOSITORY, env=env)
    yield f"http://127.0.0.1:{port}/", process
    process.kill()
    process.wait()


def test_the_api_answers_and_ends_when_asked_to(api: tuple[str, subprocess.Popen[bytes]]) -> None:
    """Over an empty Redis it says that no engine runs."""
    address, process = api
    assert answer(address + "api/health")["status"] == "failed"  # no worker has reported
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def answer(url: str, within_s: float = 60) -> dict[str, object]:
    """What a URL answers, once it does."""
    deadline = monotonic() + within_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as got:
                return dict(json.load(got))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))
        except OSError:
            assert monotonic() < deadline, f"{url} does not answer"
            sleep(0.1)
