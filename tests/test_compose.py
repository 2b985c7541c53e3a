"""docker-compose.yml and Dockerfile: what can be known without an engine to run them."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from agents.cli import command_line
from demo.organisation.__main__ import _parser
from schemas.settings import unknown

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = import_module("yaml").safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
PINNED = re.compile(r"[\w./-]+:\d+\.\d+\.\d+(-[\w.-]+)?")

every_service = pytest.mark.parametrize("name", sorted(SERVICES))


@every_service
def test_images_are_pinned_to_a_release(name: str) -> None:
    """The same today and in a year."""
    assert PINNED.fullmatch(SERVICES[name]["image"])


def test_the_dockerfile_is_pinned_and_ends_as_nobody_special() -> None:
    """Its packages are pinned by hash, as everywhere."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases
    assert all(PINNED.fullmatch(base) for base in bases)
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["engine"]
    assert "--require-hashes" in DOCKERFILE


def test_all_the_dockerfile_copies_is_let_through() -> None:
    """And exists."""
    copied = re.findall(r"^COPY (?!--)(\S+)", DOCKERFILE, re.MULTILINE)
    let_through = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sorted(copied) == sorted(let_through)
    assert all((ROOT / name).exists() for name in copied)


@every_service
def test_every_service_is_watched_and_limited(name: str) -> None:
    """What runs on has a health check; what makes topics and ends has none."""
    service = SERVICES[name]
    check = service["healthcheck"]
    assert "test" in check or (check == {"disable": True} and service["restart"] == "no")
    assert {"cpus", "memory"} <= service["deploy"]["resources"]["limits"].keys()


@every_service
def test_no_service_has_rights_it_does_not_need(name: str) -> None:
    """Neither of the host nor to get more."""
    service = SERVICES[name]
    assert not {"privileged", "network_mode", "pid", "ipc", "devices", "cap_add"} & service.keys()
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    sources = [volume.partition(":")[0] for volume in service.get("volumes", ())]
    assert set(sources) <= COMPOSE["volumes"].keys()


@every_service
def test_nothing_listens_beyond_this_machine(name: str) -> None:
    """Ports are published on loopback only."""
    ports = SERVICES[name].get("ports", ())
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in ports)


@pytest.mark.parametrize("name", OURS)
def test_settings_and_commands_exist(name: str) -> None:
    """In this version of the engine."""
    service = SERVICES[name]
    assert unknown(service["environment"]) == []
    module, *arguments = service["command"]
    if module == "agents":
        assert arguments[0] in command_line.commands
    else:
        assert module == "demo.organisation"
        assert _parser().parse_args(arguments).kafka == service["environment"]["CC_KAFKA"]


def test_servers_are_ready_before_those_who_need_them() -> None:
    """Topics first, then workers; the API needs Redis only."""
    needs = {name: set(SERVICES[name].get("depends_on", ())) for name in SERVICES}
    assert needs == {
        "kafka": set(),
        "redis": set(),
        "topics": {"kafka"},
        "worker": {"topics", "redis"},
        "api": {"redis"},
        "simulator": {"topics"},
    }
