"""Real servers for tests: one Kafka and one Redis for the whole run, started when first asked for.

The process that controls the run owns them. Workers of pytest-xdist ask it over a local socket, so that
all share one broker, it starts only if a test needs it, and it ends when the last worker has.
``CC_TEST_CONTAINERS=1`` takes both from Docker instead.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import threading
from contextlib import ExitStack
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest
from hypothesis import HealthCheck, settings

from demo.child import EmbeddedError
from demo.embedded import EmbeddedKafka, EmbeddedRedis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Answer = tuple[Literal["address", "missing", "broken"], str]

# That a machine is busy is no fault of the code under test.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
KAFKA_IMAGE = "confluentinc/cp-kafka:7.9.2"
REDIS_IMAGE = "redis:7"
KAFKA_CONTAINER_ENV = {
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
    "KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE": "LogAppendTime",
    "KAFKA_MESSAGE_MAX_BYTES": "4194304",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
}


class Servers:
    """Starts each server at the first question for its address; answers workers on a local socket."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(16)
        self.containers = os.environ.get("CC_TEST_CONTAINERS") == "1" and docker_answers()
        self._stack = ExitStack()
        self._dir = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="cc-tests-")))
        self._answers: dict[str, Answer] = {}
        self._lock = threading.Lock()
        self._listener: Listener | None = None

    def listen(self) -> str:
        """Answer other processes from now on; return the socket's path."""
        if self._listener is None:
            path = str(self._dir / "servers.sock")
            self._listener = self._stack.enter_context(Listener(path, authkey=self.token.encode()))
            threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()
        return str(self._listener.address)

    def ask(self, name: str) -> Answer:
        """Return the server's address, after starting it if need be."""
        with self._lock:
            if name not in self._answers:
                start = self._container if self.containers else self._embedded
                try:
                    self._answers[name] = "address", start(name)
                except EmbeddedError as exc:
                    self._answers[name] = "missing", str(exc)
                except Exception as exc:  # noqa: BLE001 - whatever it is, the asking test must hear of it
                    self._answers[name] = "broken", repr(exc)
            return self._answers[name]

    def close(self) -> None:
        """Stop all."""
        with self._lock:
            self._stack.close()

    def _embedded(self, name: str) -> str:
        kind = EmbeddedKafka if name == "kafka" else EmbeddedRedis
        return self._stack.enter_context(kind(self._dir / name)).address

    def _container(self, name: str) -> str:
        if name == "kafka":
            from testcontainers.community.kafka import KafkaContainer

            kafka = KafkaContainer(KAFKA_IMAGE).with_kraft()
            for key, value in KAFKA_CONTAINER_ENV.items():
                kafka.with_env(key, value)
            return str(self._stack.enter_context(kafka).get_bootstrap_server())
        from testcontainers.community.redis import RedisContainer

        redis = self._stack.enter_context(RedisContainer(REDIS_IMAGE))
        return f"{redis.get_container_host_ip()}:{redis.get_exposed_port(redis.port)}"

    def _serve(self, listener: Listener) -> None:
        while True:
            try:
                connection = listener.accept()
            except AuthenticationError:
                continue
            except OSError:  # closed
                return
            with connection:
                connection.send(self.ask(connection.recv()))


def docker_answers() -> bool:
    """Whether a Docker daemon is there to be used."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], check=False, capture_output=True).returncode == 0


SERVERS = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the owner of the servers, in the controlling process only."""
    if not hasattr(config, "workerinput"):
        config.stash[SERVERS] = Servers()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where to ask."""
    servers = node.config.stash[SERVERS]
    node.workerinput["servers"] = (servers.listen(), servers.token)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if SERVERS in config.stash:
        config.stash[SERVERS].close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits longest, so that it does not end last, alone."""
    items.sort(key=lambda item: "faults" not in item.path.parts)


def pytest_report_header(config: pytest.Config) -> str:
    """Say what kind of servers the tests run on."""
    containers = SERVERS in config.stash and config.stash[SERVERS].containers
    return f"servers: {'containers' if containers else 'embedded'}, started when first needed"


def missing(hint: str) -> NoReturn:
    """Skip on a person's machine, fail in CI, where everything has to be there."""
    if IN_CI:
        pytest.fail(hint)
    pytest.skip(hint)


def address_of(name: str, config: pytest.Config) -> str:
    """Return a shared server's address, or skip or fail."""
    if SERVERS in config.stash:
        kind, text = config.stash[SERVERS].ask(name)
    else:
        path, token = config.workerinput["servers"]  # type: ignore[attr-defined]  # set by pytest-xdist
        with Client(path, authkey=token.encode()) as connection:
            connection.send(name)
            kind, text = connection.recv()
    if kind == "missing":
        missing(f"no {name} to test with: {text}")
    if kind == "broken":
        pytest.fail(f"{name} did not start: {text}")
    return text


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config) -> str:
    """``host:port`` of a real broker that all tests share: put `namespace` in front of your topics."""
    return address_of("kafka", pytestconfig)


@pytest.fixture(scope="session")
def redis(pytestconfig: pytest.Config) -> str:
    """``host:port`` of a real Redis that all tests share: put `namespace` in front of your keys."""
    return address_of("redis", pytestconfig)


@pytest.fixture(scope="session")
def redis_url(redis: str) -> str:
    """The same as a URL."""
    return f"redis://{redis}/0"


@pytest.fixture
def namespace() -> str:
    """Return a prefix no other test has; fit for topics, consumer groups and keys."""
    return f"t{secrets.token_hex(5)}"


@pytest.fixture(scope="session")
def program() -> Callable[[str, str], str]:
    """Return a function (name, how to get it) → path of a program, which skips or fails without it."""

    def find(name: str, hint: str) -> str:
        path = shutil.which(name)
        if path is None:
            missing(f"{name} is not installed: {hint}")
        return path

    return find


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """Return a directory for a server of the test's own; emptied after it, however the test ended."""
    yield tmp_path / "data"
    shutil.rmtree(tmp_path, ignore_errors=True)
