"""``python -m demo``: everything on this machine, with a simulated organisation."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import threading
import time
import urllib.request
from pathlib import Path
from types import FrameType

import msgspec
import orjson

from demo.child import EmbeddedError, free_port, port_is_free
from demo.embedded import EmbeddedKafka, EmbeddedRedis
from demo.organisation.world import KEY_ACCOUNTS
from demo.pager import Pager
from demo.programs import Program
from schemas.settings import Settings, load
from streams.connect import create_topics

CAUGHT_UP_LAG = 2_000
_began = time.monotonic()


def say(text: str, *, end: str = "\n") -> None:
    """One line for people, with the seconds since the start."""
    print(f"\r{time.monotonic() - _began:5.0f} s  {text:<90}", end=end, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make demo",
        description="Start Kafka, Redis, the engine, the wall and a simulated organisation on "
        "this machine. Ctrl-C stops all of it; the data stay for the next time.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--rate", type=float, default=20, help="events per second, live")
    add("--days", type=float, default=30, help="days of history at the first start")
    add("--seed", type=int, default=7, help="same seed, same organisation")
    add("--workers", type=int, default=1, help="engine processes")
    return parser.parse_args()


class Demo:
    """All that runs, in the order of starting."""

    def __init__(self, settings: Settings, args: argparse.Namespace) -> None:
        self.args = args
        self.data = Path(settings.data_dir)
        self.settings = settings
        self.kafka = EmbeddedKafka(self.data / "kafka", progress=say)
        self.redis = EmbeddedRedis(self.data / "redis", progress=say)
        # Unless somebody else is to be paged.
        self.pager = None if settings.alert_routes else Pager(lambda page: say(f"paged: {page}"))
        self.programs: list[Program] = []
        self.stopping = threading.Event()
        self.history_done = threading.Event()

    def start(self) -> None:
        """Servers, topics, engine, wall, organisation."""
        self.kafka.start()
        self.redis.start()
        port = self.settings.api_port
        if not port_is_free(port):
            port = free_port()
            say(f"port {self.settings.api_port} is taken, the wall uses {port}")
        self.settings = msgspec.structs.replace(
            self.settings,
            kafka=self.kafka.address,
            redis=f"redis://{self.redis.address}/0",
            api_port=port,
        )
        asyncio.run(create_topics(self.settings))
        say(f"for other programs: CC_KAFKA={self.settings.kafka} CC_REDIS={self.settings.redis}")
        env = {
            "CC_KAFKA": self.settings.kafka,
            "CC_REDIS": self.settings.redis,
            "CC_API_PORT": str(port),
            "CC_PUBLIC_URL": self.settings.public_url or self.address,
            "CC_KEY_ACCOUNTS": self.settings.key_accounts or ",".join(KEY_ACCOUNTS),
            **(self.pager.env if self.pager else {}),
        }
        for i in range(self.args.workers):
            self._run(
                "worker" if i == 0 else f"worker-{i}", ["agents", "worker", "-l", "info"], env
            )
        self._run("wall", ["agents", "api"], env)
        self._run("organisation", self._organisation(), env, progress=True)

    def _organisation(self) -> list[str]:
        here = self.data / "organisation"
        here.mkdir(parents=True, exist_ok=True)
        args = self.args
        options = ["--rate", str(args.rate)]
        options += ["--days", str(args.days), "--seed", str(args.seed)]
        options += ["--state", str(here / "state.json")]
        options += ["--ground-truth", str(here / "planted.ndjson")]
        return ["agents", "simulate", *options]

    def _run(
        self, name: str, arguments: list[str], env: dict[str, str], *, progress: bool = False
    ) -> None:
        show = self._told if progress else None
        program = Program(name, arguments, env, self.data / f"{name}.log", show)
        self.programs.append(program)
        program.start()

    def _told(self, line: str) -> None:
        """A line of the organisation's: progress of its history."""
        done = line.startswith("history 100%")
        if not self.history_done.is_set():
            say(line, end="\n" if done else "")
        if done:
            self.history_done.set()

    @property
    def address(self) -> str:
        """Where the wall is."""
        return f"http://{self.settings.api_host}:{self.settings.api_port}/"

    def health(self) -> dict[str, object] | None:
        """The API's answer on health; None while it does not answer."""
        try:
            with urllib.request.urlopen(self.address + "api/health", timeout=2) as answer:  # noqa: S310
                return orjson.loads(answer.read())  # type: ignore[no-any-return]
        except (OSError, ValueError):
            return None

    def watch(self) -> None:
        """Tell of the wall, of catching up, of what ends; until Ctrl-C."""
        shown = caught_up = False
        while not self.stopping.wait(1.0):
            for program in self.programs:
                told = program.watch()
                if told:
                    say(told)
            health = self.health()
            if health is None:
                continue
            if not shown:
                shown = True
                say(f"the wall: {self.address}   (Ctrl-C stops everything)")
                if self.pager is not None:
                    say(f"pages to people on call: {self.pager.address}, and here")
            if not caught_up and self.history_done.is_set():
                lag = int(str(health.get("lag") or 0))
                caught_up = lag <= CAUGHT_UP_LAG and health.get("lag") is not None
                if caught_up:
                    say(f"live: the engine has caught up. The wall: {self.address}")
                else:
                    say(f"the engine is catching up: {lag:,} events to go", end="")

    def stop(self) -> None:
        """Stop everything we started, last first."""
        say("stopping …")
        for program in reversed(self.programs):
            program.stop()
        if self.pager is not None:
            self.pager.stop()
        self.redis.stop()
        self.kafka.stop()
        say("stopped; the data stay in " + str(self.data))


def main() -> None:
    """Run the demo until Ctrl-C."""
    args = _arguments()
    try:
        demo = Demo(load(), args)
    except ValueError as error:
        sys.exit(f"settings: {error}")

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        demo.stopping.set()

    try:
        demo.start()
        signal.signal(signal.SIGINT, interrupted)
        signal.signal(signal.SIGTERM, interrupted)
        demo.watch()
    except KeyboardInterrupt:
        pass
    except (EmbeddedError, RuntimeError) as error:
        say(str(error))
        sys.exit(1)
    finally:
        demo.stop()


if __name__ == "__main__":
    main()
