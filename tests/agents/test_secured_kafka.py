"""A broker that asks who we are, over TLS: a worker and the commands get through."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo import embedded
from demo.child import free_port

# One broker for all of them, however many processes run the tests.
pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
SECURED = """
listeners=PLAINTEXT://{{host}}:{{port}},CONTROLLER://{{host}}:{{controller_port}},SECURED://{{host}}:{port}
advertised.listeners=PLAINTEXT://{{host}}:{{port}},SECURED://{{host}}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL
listener.name.secured.ssl.keystore.type=PEM
listener.name.secured.ssl.keystore.location={pem}
listener.name.secured.sasl.enabled.mechanisms=PLAIN
listener.name.secured.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_engine="silver";
"""


@pytest.fixture(scope="module")
def certificate(
    tmp_path_factory: pytest.TempPathFactory, program: Callable[[str, str], str]
) -> Path:
    """A throw-away certificate for 127.0.0.1 that signs itself; with its key in ``both.pem``."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    openssl = program("openssl", "apt install openssl")
    options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test"
    options += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {cert}"
    subprocess.run([openssl, *options.split()], check=True, capture_output=True)
    (folder / "both.pem").write_text(key.read_text() + cert.read_text())
    return cert


@pytest.fixture(scope="module")
def secured(certificate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``host:port`` of a broker of our own that asks for a password over TLS."""
    port = free_port()
    more = SECURED.format(port=port, pem=certificate.with_name("both.pem"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "BROKER", embedded.BROKER + more)
        with embedded.EmbeddedKafka(tmp_path_factory.mktemp("kafka")):
            yield f"127.0.0.1:{port}"


@pytest.fixture
def environment(
    secured: str, certificate: Path, tmp_path: Path, redis_url: str, namespace: str
) -> dict[str, str]:
    """Settings that get through."""
    (tmp_path / "password").write_text("silver\n")
    settings = {
        "KAFKA": secured,
        "KAFKA_SECURITY": "SASL_SSL",
        "KAFKA_MECHANISM": "PLAIN",
        "KAFKA_USERNAME": "engine",
        "KAFKA_PASSWORD_FILE": str(tmp_path / "password"),
        "KAFKA_CA_FILE": str(certificate),
        "REDIS": redis_url,
        "PREFIX": f"{namespace}.",
        "PARTITIONS": "1",
        "DATA_DIR": str(tmp_path / "worker"),
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CC_")}
    return clean | {f"CC_{name}": value for name, value in settings.items()}


def agents(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "agents", *arguments],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_worker_joins_over_tls_with_a_password(environment: dict[str, str]) -> None:
    """By Faust's clients, and ours: the tables are opened."""
    assert agents(environment, "topics").stdout == "created 29 topics\n"
    worker = subprocess.Popen(
        [sys.executable, "-m", "agents", "worker"],
        cwd=REPOSITORY,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert worker.stderr is not None
        seen = []
        for line in worker.stderr:
            seen.append(line)
            if "merge 0: loaded" in line:
                break
        assert "merge 0: loaded" in seen[-1], "".join(seen)
        assert "silver" not in "".join(seen)
        done = agents(environment, "doctor")
        assert "ok       1 worker, " in done.stdout, done.stdout
    finally:
        worker.kill()
        worker.communicate()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"CC_KAFKA_USERNAME": "stranger"}, "uthentication failed"),
        ({"CC_KAFKA_CA_FILE": ""}, "certificate verify failed"),
    ],
)
def test_a_refusal_is_told_in_one_line(
    environment: dict[str, str], change: dict[str, str], words: str
) -> None:
    """Who refused whom, and no password."""
    done = agents(environment | change, "topics")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert words in line
    assert "silver" not in line
