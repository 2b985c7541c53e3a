"""Workers as processes: started, killed, frozen, woken, and asked for their saved state."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from schemas.names import Names

REPOSITORY = Path(__file__).parents[2]
COMMAND_TIMEOUT_S = 120
LOG_TAIL_CHARS = 4_000


class Worker:
    """One ``python -m agents worker``, with its log in a file. ``module`` may stand in for agents."""

    def __init__(self, env: dict[str, str], log: Path, module: str = "agents") -> None:
        self.log = log
        self._out: IO[bytes] = log.open("wb")
        command = [sys.executable, "-m", module, "worker", "--loglevel", "info"]
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, env=env, stdout=self._out, stderr=subprocess.STDOUT
        )

    @property
    def running(self) -> bool:
        """Whether the process is there, frozen or not."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def kill(self) -> None:
        """End it as a power cut would (``kill -9``)."""
        self._process.kill()
        self._process.wait()
        self._out.close()

    def freeze(self) -> None:
        """Stop it where it stands (SIGSTOP)."""
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on (SIGCONT)."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self, timeout_s: float = 30) -> int:
        """Ask it to leave (SIGTERM); return its exit code."""
        self._process.terminate()
        return self.ended(timeout_s)

    def ended(self, timeout_s: float) -> int:
        """Wait until it has ended by itself; return its exit code."""
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            msg = f"still running after {timeout_s} s:\n{self.tail()}"
            raise AssertionError(msg) from None
        self._out.close()
        return code

    def tail(self) -> str:
        """Return the end of its log."""
        return f"--- {self.log.name}\n{self.log.read_text(errors='replace')[-LOG_TAIL_CHARS:]}"


class Engine:
    """Workers of one prefix, on given servers, with given settings (``partitions`` is a must)."""

    def __init__(
        self, kafka: str, redis_url: str, prefix: str, directory: Path, **settings: object
    ) -> None:
        self.kafka = kafka
        self.names = Names(prefix)
        self.settings = settings
        self.partitions = int(str(settings["partitions"]))
        self.workers: list[Worker] = []
        self._directory = directory
        given = {"kafka": kafka, "redis": redis_url, "prefix": prefix, "data_dir": directory}
        variables = {f"CC_{k.upper()}": str(v) for k, v in (given | settings).items()}
        self._env = {k: v for k, v in os.environ.items() if not k.startswith("CC_")} | variables

    def start(self, module: str = "agents", **variables: str) -> Worker:
        """Start one more worker, with further environment variables."""
        log = self._directory / f"worker-{len(self.workers)}.log"
        worker = Worker(self._env | variables, log, module)
        self.workers.append(worker)
        return worker

    def create_topics(self) -> None:
        """Make all topics, before anything is produced."""
        self.run("topics")

    def state(self) -> list[dict[str, Any]]:
        """Every saved pane and head, as rows."""
        return [json.loads(line) for line in self.run("state").splitlines()]

    def kill_all(self) -> None:
        """End what is still running, frozen or not."""
        for worker in self.workers:
            if worker.running:
                worker.kill()

    def logs(self) -> str:
        """The ends of all logs."""
        return "\n".join(worker.tail() for worker in self.workers)

    def run(self, command: str, *arguments: str) -> str:
        """Run another command to its end; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "agents", command, *arguments],
            cwd=REPOSITORY,
            env=self._env,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, f"agents {command}: {done.stderr[-LOG_TAIL_CHARS:]}"
        return done.stdout
