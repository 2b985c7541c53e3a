"""What the command line does for people on call: look, act and wait for what came of it."""

from __future__ import annotations

import asyncio
import os
import uuid
from time import monotonic

from agents.acting import AskedTopic
from agents.paging.messages import Answer, Message
from agents.paging.receivers import Plan, Receiver
from agents.paging.senders.make import make_sender, texts_of
from grafana.store import Store
from schemas.alerts import Action, ActionName, ActionOutcome, Alert, Silence
from schemas.names import Names
from schemas.paging import Attempt, Replay
from schemas.readings import encode
from schemas.settings import Settings
from streams.stage import now_ms

SETTLED_WITHIN_S = 15.0
TEST = "test"


class OnCall:
    """One command's connections."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings)

    async def alerts(self) -> list[Alert]:
        """Open alerts, and those resolved in the last 24 hours; the worst and newest first."""
        return await self.store.alerts()

    async def alert(self, fingerprint: str) -> Alert | None:
        """One of them."""
        found = await self.store.alerts()
        return next((one for one in found if one.fingerprint == fingerprint), None)

    async def act(
        self, fingerprint: str, action: ActionName, who: str, comment: str = "", owner: str = ""
    ) -> ActionOutcome | None:
        """Act on an alert; what came of it, None if the engine has not said in time."""
        return await self.put(
            Action(
                id=uuid.uuid4().hex,
                fingerprint=fingerprint,
                action=action,
                who=who,
                at=now_ms(),
                comment=comment,
                owner=owner,
            )
        )

    async def put(self, what: Action | Silence) -> ActionOutcome | None:
        """Append an action or silence, and wait for its outcome."""
        before = await self.store.outcome(what.id)
        await self._ask(Names(self.settings.prefix).actions, what)
        deadline = monotonic() + SETTLED_WITHIN_S
        while (outcome := await self.store.outcome(what.id)) == before:
            if monotonic() > deadline:
                return None
            await asyncio.sleep(0.1)
        return outcome

    async def replay(self, who: str, receiver: str, fingerprint: str) -> None:
        """Ask for what was given up to be sent again."""
        asked = Replay(
            id=uuid.uuid4().hex, who=who, at=now_ms(), receiver=receiver, fingerprint=fingerprint
        )
        await self._ask(Names(self.settings.prefix).replays, asked)

    async def _ask(self, topic: str, what: Action | Silence | Replay) -> None:
        async with AskedTopic(self.settings, topic) as asked:
            await asked.append(what.id.encode(), encode(what))

    async def attempts(self, count: int) -> list[Attempt]:
        """The last attempts to tell somebody, newest first."""
        return (await self.store.attempts(0, now_ms()))[:count]

    async def close(self) -> None:
        """Disconnect."""
        await self.store.close()


async def send_test(settings: Settings, plan: Plan, names: list[str]) -> dict[str, list[Answer]]:
    """Page receivers for trying it out, and tell them that it is over; what came of both."""
    answers = await asyncio.gather(
        *(_test_one(settings, name, plan.receivers[name]) for name in names)
    )
    return dict(zip(names, answers, strict=True))


async def _test_one(settings: Settings, name: str, receiver: Receiver) -> list[Answer]:
    sender = make_sender(name, receiver, os.environ, texts_of(settings))
    run, answers = uuid.uuid4().hex[:12], []
    try:
        for kind in ("trigger", "resolve"):
            message = Message(
                id=f"msg_test-{run}-{kind}",
                number=0,
                receiver=name,
                kind=kind,
                alert=_test_alert(run, now_ms(), over=kind == "resolve"),
                queued_at=now_ms(),
                due_at=now_ms(),
            )
            answers.append(await sender.send(message, now_ms()))
    finally:
        await sender.close()
    return answers


def _test_alert(run: str, at: int, *, over: bool) -> Alert:
    return Alert(
        fingerprint=f"{TEST}:{run}",
        rule=TEST,
        kpi=TEST,
        audience="engine",
        segment="engine",
        title="Test page",
        severity="blue",
        status="resolved" if over else "open",
        value=1.0,
        expected=None,
        unit="count",
        n=1,
        reason="somebody ran `alerts test`",
        action="Nothing: this only shows that pages arrive.",
        opened_at=at,
        updated_at=at,
        version=1,
        resolved_at=at if over else None,
    )
