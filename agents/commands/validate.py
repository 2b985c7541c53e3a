"""``validate``: try sample events before sending any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import BinaryIO

import click
import orjson

from agents.texts import Text
from agents.validating import TOPIC_OF_TYPE, Effect, Outcome, Validator
from schemas.names import TOPICS
from schemas.settings import Settings
from streams.stage import now_ms

_PANES = {"m": "minute", "f": "5 minutes", "h": "hour", "H": "hour", "D": "day", "L": "level at"}


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--topic", type=click.Choice(TOPICS), help="where they go; default: by their type")
@click.pass_obj
def validate(settings: Settings, file: BinaryIO, topic: str | None) -> None:
    """Show what sample events would do.

    Accepted or why not, and what they add to which KPI. FILE holds one JSON object, an array, or one object a line, in the order of sending; without
    FILE they come from standard input. Needs no server. Ends with 1 if an event would not count.
    """
    validator = Validator(settings, Text(settings.text_chars_max))
    failed = count = 0
    for count, value in enumerate(_values(file.read()), 1):
        outcome = validator.take(value, now_ms(), topic)
        failed += not outcome.counts
        click.echo("\n".join(_lines(count, outcome)))
    if not count:
        raise click.ClickException("no events given")
    click.echo(f"{count - failed} of {count} would count")
    if failed:
        raise SystemExit(1)


def _values(data: bytes) -> Iterator[bytes]:
    """The records of a file. What is not JSON goes by lines, so that each says why."""
    try:
        whole = orjson.loads(data)
    except orjson.JSONDecodeError:
        yield from (line for line in data.splitlines() if line.strip())
        return
    if isinstance(whole, list):
        yield from (orjson.dumps(value) for value in whole)
    else:
        yield data.strip()


def _lines(number: int, outcome: Outcome) -> Iterator[str]:
    about = [part for part in (outcome.type, outcome.topic) if part]
    if outcome.key:
        about.append(f"key {outcome.key}")
    detail = f": {outcome.detail}" if outcome.detail else ""
    yield f"{number}  {', '.join(about) or 'no event'} → {outcome.fate}{detail}"
    if outcome.fate == "ignored":
        near = get_close_matches(outcome.type, TOPIC_OF_TYPE, 1)
        if near:
            yield f"     is it {near[0]} ({TOPIC_OF_TYPE[near[0]]})?"
    for effect in outcome.effects:
        yield from _effect_lines(effect)
    if outcome.topic == "reference" and outcome.counts:
        yield "     holds for its KPI and segment from then on; rates for the samples that follow"
    elif outcome.counts and outcome.fate not in ("repeated", "late") and not outcome.effects:
        yield "     adds to no measure yet: no KPI uses it, or an earlier event of its thing is missing"


def _effect_lines(effect: Effect) -> Iterator[str]:
    tier, start = effect.pane
    at = datetime.fromtimestamp(start / 1000, UTC)
    fields = ", ".join(f"{name} {value:+,}" for name, value in effect.fields)
    yield f"     {effect.measure}: {fields}   ({_PANES[tier]} {at:%Y-%m-%d %H:%M} UTC)"
    totals = [segment for segment in effect.segments if "|" not in segment]
    splits = [segment.partition("|")[2] for segment in effect.segments if "|" in segment]
    yield f"       in {' · '.join([*totals, *splits])}"
    yield f"       → {', '.join(effect.kpis) or 'no KPI of its own'}"
