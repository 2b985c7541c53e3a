"""The embedded servers: real, durable, on a port of their own, and gone when we are."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from redis import Redis

from demo import kafka_jars
from demo.child import HOST, EmbeddedError, port_is_free
from demo.embedded import EmbeddedKafka, EmbeddedRedis, redis_server

REPOSITORY = Path(__file__).parents[2]
OWNER = """
import sys, time
from pathlib import Path
from demo.embedded import EmbeddedRedis
server = EmbeddedRedis(Path(sys.argv[1])).start()
print(server.pid, server.port, flush=True)
time.sleep(60)
"""


@pytest.fixture
def redis_server_of_ours(data_dir: Path) -> EmbeddedRedis:
    """Return a Redis that is not started yet."""
    return EmbeddedRedis(data_dir)


async def produce(address: str, topic: str, value: bytes) -> None:
    """Write one record."""
    async with AIOKafkaProducer(bootstrap_servers=address) as producer:
        await producer.send_and_wait(topic, value, partition=0)


async def consume(address: str, topic: str, count: int) -> list[bytes]:
    """Read the first ``count`` records."""
    async with AIOKafkaConsumer(
        bootstrap_servers=address, auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign([TopicPartition(topic, 0)])
        return [(await consumer.getone()).value for _ in range(count)]


async def create(address: str, topic: str) -> None:
    """Create a topic of one partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()


async def test_shared_kafka_takes_and_gives_a_record(kafka: str, namespace: str) -> None:
    """The broker that all tests share works."""
    await create(kafka, namespace)
    await produce(kafka, namespace, b"hello")
    assert await consume(kafka, namespace, 1) == [b"hello"]


def test_shared_redis_takes_and_gives_a_value(redis_url: str, namespace: str) -> None:
    """The Redis that all tests share works."""
    with Redis.from_url(redis_url) as client:
        client.set(namespace, "v", ex=60)
        assert client.get(namespace) == b"v"


@pytest.mark.timeout(240)
async def test_kafka_keeps_records_over_stop_and_kill(data_dir: Path) -> None:
    """What was acknowledged is there after an orderly stop and after a crash, on the same port."""
    said: list[str] = []
    with EmbeddedKafka(data_dir, progress=said.append) as server:
        port = server.port
        await create(server.address, "kept")
        await produce(server.address, "kept", b"1")
        server.stop()
        assert server.pid is None
        server.start()
        await produce(server.address, "kept", b"2")
        server.kill()
        server.start()
        assert await consume(server.address, "kept", 2) == [b"1", b"2"]
        assert server.port == port
    assert said.count(f"Kafka is ready on {HOST}:{port}") == 3
    assert port_is_free(port)


def test_redis_keeps_a_value_over_stop_and_start(redis_server_of_ours: EmbeddedRedis) -> None:
    """What was set is there after a stop, on the same port."""
    with redis_server_of_ours as server:
        port = server.port
        with Redis(port=port) as client:
            client.set("kept", "yes")
        server.stop()
        server.start()
        assert server.port == port
        with Redis(port=port) as client:
            assert client.get("kept") == b"yes"


def test_valkey_serves_where_no_redis_is(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No `redis-server` on the PATH: the wheel's own server does the same."""
    monkeypatch.setenv("PATH", str(data_dir))
    assert redis_server().endswith("valkey-server")
    with EmbeddedRedis(data_dir) as server, Redis(port=server.port) as client:
        assert client.ping()
        assert "valkey_version" in client.info("server")


def test_a_taken_port_gives_another_and_says_so(data_dir: Path) -> None:
    """A wish is a wish."""
    said: list[str] = []
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        wish = taken.getsockname()[1]
        with EmbeddedRedis(data_dir, wish, progress=said.append) as server:
            assert server.port != wish
    assert said[0] == f"port {wish} is taken, Redis uses {server.port}"


def test_the_remembered_port_is_left_when_somebody_took_it(
    redis_server_of_ours: EmbeddedRedis,
) -> None:
    """The port of last time is a wish, too."""
    with redis_server_of_ours as server:
        first = server.port
        server.stop()
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind((HOST, first))
            taken.listen()
            server.start()
            assert server.port != first


def test_one_data_directory_has_one_server(
    redis_server_of_ours: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second server on the same data says who is there, instead of spoiling it."""
    monkeypatch.setattr("demo.child.PREDECESSOR_WAIT_S", 0.2)
    with redis_server_of_ours as server:
        with pytest.raises(EmbeddedError, match=f"in use by another Redis .process {server.pid}"):
            EmbeddedRedis(server.data_dir).start()
        assert server.answers()


def test_a_failing_start_shows_the_log(redis_server_of_ours: EmbeddedRedis) -> None:
    """The error carries what the server said."""
    server = redis_server_of_ours
    with server:
        pass
    broken = next(server.data_dir.glob("appendonlydir/*.manifest"))
    broken.write_text("nonsense\n")
    with pytest.raises(EmbeddedError, match=r"(?s)Redis ended while starting.*manifest"):
        server.start()
    assert server.pid is None


def test_servers_end_when_their_owner_is_killed(data_dir: Path) -> None:
    """Even SIGKILL of the owner leaves no server behind."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(data_dir)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    pid, port = map(int, owner.stdout.readline().split())
    assert not port_is_free(port)
    owner.kill()
    owner.communicate()
    deadline = time.monotonic() + 15
    while not port_is_free(port):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.05)


def test_ctrl_c_reaches_the_owner_only(redis_server_of_ours: EmbeddedRedis) -> None:
    """A server is not in our process group: we decide when it ends."""
    with redis_server_of_ours as server:
        assert server.pid is not None
        assert os.getpgid(server.pid) == server.pid != os.getpgrp()
        os.kill(server.pid, signal.SIGTERM)  # its own end is noticed
        deadline = time.monotonic() + 10
        while server.pid is not None:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_kafka_jars_are_pinned_by_hash() -> None:
    """The lock names every jar once, with a hash, and the version the code asks for."""
    jars = kafka_jars.locked_jars()
    assert len({jar.file_name for jar in jars}) == len(jars) > 40
    assert all(len(jar.sha256) == 64 for jar in jars)
    assert f"kafka_2.13-{kafka_jars.KAFKA_VERSION}.jar" in {jar.file_name for jar in jars}
