"""``dead-letters``: look at rejected records, and send them back once mended."""

from __future__ import annotations

import asyncio
from collections import Counter

import click

from agents.letters import Letter, first, send_back, waiting
from schemas.codec import Reason
from schemas.names import TOPICS
from schemas.settings import Settings
from streams.connect import TopicError

SHOWN_CHARS = 160
EXAMPLES = 3


@click.command("dead-letters")
@click.option("--topic", type=click.Choice(TOPICS), help="of this topic only")
@click.option("--reason", type=click.Choice([r.value for r in Reason]), help="of this reason only")
@click.option("--replay", is_flag=True, help="send them back to their topic")
@click.option("--limit", type=click.IntRange(1, 100_000), default=10_000, show_default=True,
              help="records of a topic at most")  # fmt: skip
@click.pass_obj
def dead_letters(
    settings: Settings, topic: str | None, reason: str | None, *, replay: bool, limit: int
) -> None:
    """List rejected records, or send them back.

    Counts by reason, with examples, what was not sent back before. Send back (--replay) once the
    engine takes what it refused: each goes back once, with its key and headers; what is refused
    again comes here again.
    """
    reasons = [Reason(reason)] if reason else list(Reason)
    try:
        for name in [topic] if topic else TOPICS:
            asyncio.run(_topic(settings, name, reasons, limit, replay=replay))
    except TopicError as error:
        raise click.ClickException(str(error)) from None


async def _topic(
    settings: Settings, topic: str, reasons: list[Reason], limit: int, *, replay: bool
) -> None:
    if not replay:
        _show(topic, await first(waiting(settings, topic, reasons), limit), limit)
    elif count := await send_back(settings, topic, reasons, limit):
        click.echo(f"{topic}: {count:,} sent back")


def _show(topic: str, letters: list[Letter], limit: int) -> None:
    more = " or more" if len(letters) == limit else ""
    click.echo(f"{topic}: {len(letters):,}{more}")
    for reason, count in Counter(one.reason for one in letters).most_common():
        click.echo(f"  {reason}: {count:,}")
        for one in [one for one in letters if one.reason == reason][:EXAMPLES]:
            value = (one.value or b"").decode(errors="replace")[:SHOWN_CHARS]
            click.echo(f"    {one.origin}  {one.detail}\n      {value!r}")
