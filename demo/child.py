"""A server process that is ours: started, watched, stopped by us, and never outliving us.

- Its own session, so that Ctrl-C in a terminal reaches us first and we decide the order of stopping.
- A lock on its data directory that the child itself holds: two servers never share one directory.
- A watchdog: a shell that waits for the end of a pipe from us. Its end means that we are gone, however
  hard we died. (Linux' parent-death signal would fire when the *thread* that started the child ends.)
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOST = "127.0.0.1"
# Below the kernel's ephemeral ports: no outgoing connection can take a port while its server restarts.
PORTS = range(20_000, 30_000)
PREDECESSOR_WAIT_S = 20
LOG_KEPT_BYTES = 4_000_000
LOG_TAIL_LINES = 25
WATCHDOG = """
read -r _
kill -TERM "$1" 2>/dev/null || exit 0
for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -0 "$1" 2>/dev/null || exit 0; done
kill -KILL "$1"
"""


class EmbeddedError(RuntimeError):
    """A server did not start; the text says what a person can do."""


def silent(_text: str) -> None:
    """Progress that nobody wants to see."""


class Child(ABC):
    """One server on one data directory. ``start``, ``stop`` and ``kill`` may alternate; data stays."""

    name: str
    start_timeout_s = 60
    stop_timeout_s = 20

    def __init__(
        self, data_dir: Path, port: int | None = None, *, progress: Callable[[str], None] = silent
    ) -> None:
        """``port`` is a wish: when it is taken another is chosen, remembered and reported."""
        self.data_dir = data_dir.absolute()
        self.progress = progress
        self._wish = port
        self._ports: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Prepare the data directory and return what to run."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server does its work; an OSError counts as no."""

    @property
    def port(self) -> int:
        """The port it listens on; known from ``start`` on."""
        return self._ports["port"]

    @property
    def address(self) -> str:
        """``127.0.0.1:port``."""
        return f"{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id while it runs, else None."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def log_path(self) -> Path:
        """What the server writes to standard output and error."""
        return self._file("log")

    def start(self) -> Self:
        """Start it and return when it answers. A second call while it runs does nothing."""
        if self.pid is None:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            lock = self._lock()
            try:
                self._ports = {"port": self.choose_port("port", self._wish)}
                command = self.command()
                self._file("ports.json").write_text(json.dumps(self._ports))
                self._spawn(command, lock)
                self._wait_until_it_answers()
            except BaseException:  # Ctrl-C too leaves nothing behind
                self.kill()
                raise
            finally:
                os.close(lock)  # the child keeps its own copy, and with it the lock
        return self

    def stop(self) -> None:
        """Ask it to end; insist after a while."""
        self._end(signal.SIGTERM, self.stop_timeout_s)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        self._end(signal.SIGKILL, self.stop_timeout_s)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        """Stop."""
        self.stop()

    def choose_port(self, role: str, wish: int | None = None) -> int:
        """Return the wished port, else last time's, else any; always one that is free now."""
        port = wish or self._remembered_ports().get(role)
        if port and port_is_free(port):
            return port
        other = free_port()
        if port:
            self.progress(f"port {port} is taken, {self.name} uses {other}")
        return other

    def log_tail(self) -> str:
        """Return the last lines of the log, for error messages."""
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])

    def _file(self, suffix: str) -> Path:
        return self.data_dir / f"{self.name.lower()}.{suffix}"

    def _remembered_ports(self) -> dict[str, int]:
        try:
            return {k: int(v) for k, v in json.loads(self._file("ports.json").read_text()).items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _lock(self) -> int:
        lock = os.open(self._file("lock"), os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + PREDECESSOR_WAIT_S
        said = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = self._file("pid").read_text() if self._file("pid").exists() else "?"
                if time.monotonic() > deadline:
                    os.close(lock)
                    msg = f"{self.data_dir} is in use by another {self.name} (process {holder})"
                    raise EmbeddedError(msg) from None
                if not said:
                    self.progress(
                        f"waiting for the {self.name} before us (process {holder}) to end …"
                    )
                    said = True
                time.sleep(0.1)
            else:
                return lock

    def _spawn(self, command: list[str], lock: int) -> None:
        self.progress(f"starting {self.name} …")
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_KEPT_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.data_dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[lock],
            )
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", WATCHDOG, f"{self.name}-watchdog", str(self._process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._file("pid").write_text(str(self._process.pid))

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + self.start_timeout_s
        while not self._answers():
            if self.pid is None:
                why = "ended while starting"
            elif time.monotonic() > deadline:
                why = f"did not answer within {self.start_timeout_s} s"
            else:
                time.sleep(0.05)
                continue
            msg = f"{self.name} {why}. The end of {self.log_path}:\n{self.log_tail()}"
            raise EmbeddedError(msg)
        self.progress(f"{self.name} is ready on {self.address}")

    def _answers(self) -> bool:
        try:
            # The process must be ours: something else may answer on the port after ours died.
            return self.answers() and self.pid is not None
        except OSError:
            return False

    def _end(self, sig: signal.Signals, timeout_s: float) -> None:
        process, self._process = self._process, None
        watchdog, self._watchdog = self._watchdog, None
        if watchdog is not None:
            watchdog.kill()
            watchdog.communicate()
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(sig)
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._file("pid").unlink(missing_ok=True)


def port_is_free(port: int) -> bool:
    """Whether we could listen on it now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return any free port outside the ephemeral range."""
    for port in random.sample(PORTS, len(PORTS)):
        if port_is_free(port):
            return port
    msg = f"no free port between {PORTS.start} and {PORTS.stop}"
    raise EmbeddedError(msg)
