"""The engine's own programs, run as a user would run them and watched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

STOP_TIMEOUT_S = 25
RESTARTS_MAX = 5
RESTARTS_WITHIN_S = 120.0


class Program:
    """One ``python -m …`` with its log; ``watch`` starts it again when it ended by itself."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        env: dict[str, str],
        log: Path,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.env = env
        self.log = log
        self.on_line = on_line
        self.starts: list[float] = []
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a session of its own: Ctrl-C reaches us first."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.starts.append(time.monotonic())
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self.arguments],
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.on_line else log,
                stderr=log,
                start_new_session=True,
            )
        if self.on_line is not None:
            threading.Thread(target=self._relay, args=(self._process,), daemon=True).start()

    def _relay(self, process: subprocess.Popen[bytes]) -> None:
        for line in _lines(process):
            if self.on_line is not None and line:
                self.on_line(line)

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def watch(self) -> str | None:
        """Start it again if it ended; what to tell people, None if all is well.

        Raises ``RuntimeError`` when it keeps ending.
        """
        if self.running or self._process is None:
            return None
        code = self._process.returncode
        recent = [t for t in self.starts if time.monotonic() - t < RESTARTS_WITHIN_S]
        if len(recent) >= RESTARTS_MAX:
            raise RuntimeError(f"{self.name} keeps ending (code {code}); see {self.log}")
        self.start()
        return f"{self.name} ended (code {code}) and was started again; its log: {self.log}"

    def stop(self) -> None:
        """Ask it to end; insist after a while."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    """Output split at line ends and at carriage returns, which progress lines use."""
    text = b""
    output = process.stdout
    if output is None:
        return
    while chunk := os.read(output.fileno(), 4096):
        text += chunk
        *whole, text = text.replace(b"\r", b"\n").split(b"\n")
        yield from (line.decode(errors="replace").strip() for line in whole)
