"""docker-compose.yml and Dockerfile: what can be known without an engine to run them."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import pytest

from agents.cli import command_line
from agents.paging.receivers import load_plan
from grafana.pushing.wanted import FOLDERS, HEALTH_PATH, PLUGINS, folder_uid, source
from schemas.settings import Settings, unknown

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = import_module("yaml").safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+(-[\w.-]+)?")

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
    for volume in service.get("volumes", ()):
        source, _, target = volume.partition(":")
        if source not in COMPOSE["volumes"]:
            assert (ROOT / source).is_dir()
            assert target.endswith(":ro")
    for config in service.get("configs", ()):
        told = COMPOSE["configs"][config["source"]]
        assert "content" in told or (ROOT / told["file"]).is_file()


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
    module, name_of_command, *arguments = service["command"]
    assert module == "agents"
    with click.Context(command_line) as context:
        command = command_line.get_command(context, name_of_command)
    assert command is not None
    command.make_context(name_of_command, arguments)  # raises for what it does not know


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
        "grafana": {"api"},
        "alertmanager": set(),
        "prometheus": set(),
    }


def test_grafana_installs_the_plugins_that_a_push_would_ask_for() -> None:
    """Pinned; without the data source's it does not start."""
    told = SERVICES["grafana"]["environment"]
    needed = [f"{p.id}@{p.pinned}" for p in PLUGINS if not p.without]
    further = [f"{p.id}@{p.pinned}" for p in PLUGINS if p.without]
    assert told["GF_PLUGINS_PREINSTALL_SYNC"].split(",") == needed
    assert told["GF_PLUGINS_PREINSTALL"].split(",") == further


def test_nobody_looks_at_grafana_without_an_account_unless_asked() -> None:
    """A kiosk is a choice, and only looks."""
    told = SERVICES["grafana"]["environment"]
    assert told["GF_AUTH_ANONYMOUS_ENABLED"] == "${GRAFANA_KIOSK:-false}"
    assert told["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert told["GF_DASHBOARDS_MIN_REFRESH_INTERVAL"] == "1s"


def test_provisioning_makes_what_a_push_makes() -> None:
    """The same folders and the same data source; the dashboards where compose mounts them."""
    folder = ROOT / "grafana" / "provisioning"
    load = import_module("yaml").safe_load
    providers = load((folder / "dashboards" / "command-centre.yaml").read_text())["providers"]
    (infinity, *_) = load((folder / "datasources" / "command-centre.yaml").read_text())[
        "datasources"
    ]

    assert {p["folderUid"]: p["folder"] for p in providers} == {
        folder_uid(name): title for name, title in FOLDERS.items()
    }
    mounted = "/etc/command-centre/dashboards"
    for provider in providers:
        path = provider["options"]["path"].removeprefix(mounted)
        assert (ROOT / f"grafana/dashboards/json{path}").is_dir()
    assert f"./grafana/dashboards/json:{mounted}:ro" in SERVICES["grafana"]["volumes"]
    wanted = source(Settings(api_token="t"))
    assert {k: infinity[k] for k in ("uid", "name", "type", "access")} == {
        k: wanted[k] for k in ("uid", "name", "type", "access")
    }
    assert infinity["jsonData"].keys() == wanted["jsonData"].keys()
    assert infinity["jsonData"]["customHealthCheckUrl"] == HEALTH_PATH
    assert infinity["secureJsonData"].keys() == wanted["secureJsonData"].keys()


def test_alerts_are_routed_to_the_alertmanager_that_is_there() -> None:
    """By its name in the network of compose."""
    plan = load_plan(str(ROOT / "deploy" / "routes.toml"))
    (receiver,) = plan.receivers.values()
    assert urlsplit(getattr(receiver, "url", "")).hostname in SERVICES


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_accepts_its_configuration(tmp_path: Path) -> None:
    """And the rules on what the engine cannot say of itself."""
    told = COMPOSE["configs"]["prometheus"]["content"].replace("${CC_API_TOKEN:-}", "t")
    rules = (ROOT / "deploy" / "rules.yml").read_text()
    (tmp_path / "rules.yml").write_text(rules)
    config = tmp_path / "prometheus.yml"
    config.write_text(told.replace("/etc/prometheus/rules.yml", str(tmp_path / "rules.yml")))

    done = subprocess.run(
        ["promtool", "check", "config", str(config)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 rules found" in done.stdout
