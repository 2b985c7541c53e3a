"""How clients make themselves known, and whom they trust."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from schemas.settings import Settings
from streams.connect import kafka, redis_client, topics

Find = Callable[[str, str], str]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, program: Find) -> tuple[Path, Path]:
    """A throw-away certificate for 127.0.0.1 that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    openssl = program("openssl", "apt install openssl")
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", str(key), "-out", str(cert),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return cert, key


def test_a_plain_broker_needs_an_address_only() -> None:
    """As on one's own machine."""
    assert kafka(Settings(kafka="a:1,b:2")) == {"bootstrap_servers": "a:1,b:2"}


def test_a_password_goes_to_our_clients() -> None:
    """With the mechanism and the name."""
    settings = Settings(
        kafka_security="SASL_PLAINTEXT",
        kafka_mechanism="SCRAM-SHA-256",
        kafka_username="engine",
        kafka_password="silver",
    )
    assert kafka(settings) == {
        "bootstrap_servers": "127.0.0.1:9092",
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": "engine",
        "sasl_plain_password": "silver",
    }


@pytest.mark.parametrize("security", ["SSL", "SASL_SSL"])
def test_tls_verifies_the_broker_by_name(certificate: tuple[Path, Path], security: str) -> None:
    """By our own certificates where given, and shows ours."""
    cert, key = (str(path) for path in certificate)
    settings = Settings(
        kafka_security=security,
        kafka_username="engine",
        kafka_password="silver",
        kafka_ca_file=cert,
        kafka_cert_file=cert,
        kafka_key_file=key,
    )
    context = kafka(settings)["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    (trusted,) = context.get_ca_certs()
    assert trusted["subject"] == ((("commonName", "test"),),)


def test_a_certificate_that_is_missing_names_the_settings() -> None:
    """Before any connection is tried."""
    with pytest.raises(OSError, match="CC_KAFKA_…_FILE"):
        kafka(Settings(kafka_security="SSL", kafka_ca_file="/nowhere.pem"))


@pytest.fixture
def secured_redis(certificate: tuple[Path, Path], program: Find, tmp_path: Path) -> Iterator[str]:
    """``host:port`` of a Redis that speaks TLS only and asks for a password."""
    cert, key = certificate
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    server = program("redis-server", "apt install redis-server")
    options = f"--bind 127.0.0.1 --port 0 --tls-port {port} --tls-auth-clients no --save ''"
    options += f" --requirepass silver --tls-cert-file {cert} --tls-key-file {key}"
    process = subprocess.Popen(
        [server, *options.replace("''", "").split(), "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    wait_for(port)
    yield f"127.0.0.1:{port}"
    process.terminate()
    process.wait()


def wait_for(port: int) -> None:
    """Return when the port takes connections."""
    deadline = monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert monotonic() < deadline
            sleep(0.05)
        else:
            return


async def test_redis_is_spoken_to_over_tls(
    secured_redis: str, certificate: tuple[Path, Path]
) -> None:
    """With a password from its own setting; a server nobody vouches for is refused."""
    settings = Settings(
        redis=f"rediss://{secured_redis}/0",
        redis_password="silver",
        redis_ca_file=str(certificate[0]),
    )
    async with redis_client(settings) as client:
        assert await client.ping()
    stranger = Settings(redis=f"rediss://{secured_redis}/0", redis_password="silver")
    async with redis_client(stranger) as client:
        with pytest.raises(RedisConnectionError, match=r"(?i)certificate"):
            await client.ping()


def test_every_topic_is_stamped_by_the_broker() -> None:
    """Or history would be deleted at once, and what is ahead refused."""
    wanted = topics(Settings(prefix="x."))
    assert len(wanted) == 26
    assert all(name.startswith("x.") for name in wanted)
    stamps = {config["message.timestamp.type"] for _, config in wanted.values()}
    assert stamps == {"LogAppendTime"}
