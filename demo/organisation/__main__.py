"""``python -m demo.organisation``: the simulated organisation, by hand."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path

from demo.organisation.live import Options, run
from demo.organisation.load import load_events
from demo.organisation.produce import ProduceError, produce_events


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo.organisation",
        description="A simulated organisation writes its events to Kafka: some weeks of history "
        "first, then live, with incidents on purpose. With --state it goes on after a restart "
        "where it stopped, filling the gap (up to 30 days). The topics must exist.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--kafka", default="127.0.0.1:9092", metavar="HOST:PORT", help="bootstrap servers")
    add("--prefix", default="", help="in front of every topic")
    add("--seed", type=int, default=7, help="same seed, same organisation (a --state has its own)")
    add("--days", type=float, default=30, help="history; about 33,000 events a day")
    add("--no-history", action="store_true", help="begin now (the same as --days 0)")
    add("--rate", type=float, default=20, help="events per second live; what the organisation "
        "does not make itself is web traffic")  # fmt: skip
    add("--incident-every", type=float, default=180, metavar="SECONDS",
        help="live: time from one incident to the next in the first round; 0: none")  # fmt: skip
    add("--in-order", action="store_true", help="live: nothing late, repeated or broken")
    add("--state", type=Path, metavar="FILE", help="where to remember how far it got")
    add("--ground-truth", type=Path, metavar="FILE", help="what was planted when, as NDJSON")
    add("--load", type=int, metavar="N", help="instead of all this: N plain events of the four "
        "core topics as fast as possible, then end; event time ends now, --rate a second")  # fmt: skip
    return parser


def _show(share: float, text: str) -> None:
    print(f"\rhistory {share:4.0%}  {text}   ", end="" if share < 1 else "\n", flush=True)


async def _run(options: Options) -> None:
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    await run(options, stop, _show)


def _load(args: argparse.Namespace) -> None:
    start = int((time.time() - args.load / args.rate) * 1000)
    began = time.perf_counter()
    records = load_events(args.load, args.seed, start, args.rate)
    sent = asyncio.run(produce_events(args.kafka, records, prefix=args.prefix))
    took = time.perf_counter() - began
    print(f"{sent:,} events in {took:.1f} s, {sent / took:,.0f} a second")


def main(arguments: list[str] | None = None) -> None:
    """Run until Ctrl-C; exit with a message where Kafka or a topic is missing."""
    args = _parser().parse_args(arguments)
    options = Options(
        kafka=args.kafka,
        prefix=args.prefix,
        seed=args.seed,
        days=0 if args.no_history else args.days,
        rate=args.rate,
        incident_every_s=args.incident_every,
        disorder=not args.in_order,
        state=args.state,
        ground_truth=args.ground_truth,
    )
    try:
        if args.load:
            _load(args)
        else:
            asyncio.run(_run(options))
    except (ProduceError, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
