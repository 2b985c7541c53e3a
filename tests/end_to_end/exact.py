"""The engine against the oracle: all that must be equal when everything has been read."""

from __future__ import annotations

import time

from detectors.text import Vader
from tests.end_to_end.broker import read, read_sources, settle
from tests.end_to_end.processes import Engine
from tests.oracle.batch import Result, compute
from tests.oracle.compare import Stage, alive, compare, engine_cells
from tests.oracle.generate import TOPICS
from tests.oracle.partition import Limits

STAGES: tuple[Stage, ...] = ("fold", "merge")
ERRORS = "__connect.errors."  # headers of dead letters are those of Kafka Connect
COUNTED = ("accepted", "late", "repeated", "rejected", "ignored")


def score(text: str) -> int:
    """The text model, which learns nothing and so is frozen."""
    return Vader().score(text)[0]


async def differences(engine: Engine, settle_s: float, produced: int | None = None) -> list[str]:
    """What is wrong once all is saved: panes of both stages, lost or doubled records, dead letters.

    ``produced``: how many records there must be; None: as many as the topics hold.
    """
    panes, fates = await differences_apart(engine, settle_s, produced)
    return panes + fates


async def differences_apart(
    engine: Engine, settle_s: float, produced: int | None = None
) -> tuple[list[str], list[str]]:
    """The same, panes apart from what was lost or doubled."""
    await settle(engine, settle_s)
    rows = engine.state()
    wall_clock = engine.settings["clock"] == "wall"
    limits = Limits(
        dimension_values_max=int(str(engine.settings["dimension_values_max"])),
        wall_clock=wall_clock,
    )
    expected = compute(await read_sources(engine), limits, score)
    moments = [*expected.watermarks.values(), time.time_ns() // 1_000_000 if wall_clock else None]
    panes = [
        f"{stage}: {line}"
        for stage in STAGES
        for line in compare(expected.cells, engine_cells(rows, stage), alive(stage, moments))
    ]
    return panes, _vanished(expected, produced) + await _dead_letters(engine, expected)


def _vanished(expected: Result, produced: int | None) -> list[str]:
    counts = expected.counts
    fates = sum(counts[kind] for kind in COUNTED)
    wanted = counts["produced"] if produced is None else produced
    if fates == counts["produced"] == wanted:
        return []
    return [f"{wanted} were produced, {counts['produced']} are there, {fates} had a fate"]


async def _dead_letters(engine: Engine, expected: Result) -> list[str]:
    letters = await read(engine, map(engine.names.dead_letters, TOPICS))
    origins = []
    for records in letters.values():
        for record in records:
            about = {name.removeprefix(ERRORS): value.decode() for name, value in record.headers}
            topic = about["topic"].removeprefix(engine.names.prefix)
            where = topic, int(about["partition"]), int(about["offset"])
            origins.append((*where, about["class.name"]))
    if sorted(origins) == sorted(expected.dead):
        return []
    missing, extra = len(set(expected.dead) - {*origins}), len(origins) - len({*origins})
    return [f"dead letters: {missing} missing, {extra} double, {len(origins)} in all"]
