"""Topics of an engine: made once, checked every time."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.names import TOPICS, Names
from schemas.settings import Settings
from streams import connect


@pytest.fixture
def settings(kafka: str, namespace: str) -> Settings:
    """An engine of this test's own, with three partitions."""
    return Settings(kafka=kafka, prefix=f"{namespace}.", partitions=3)


async def described(settings: Settings) -> dict[str, int]:
    """Partitions of the engine's topics on the broker."""
    admin = AIOKafkaAdminClient(**connect.kafka(settings))
    await admin.start()
    try:
        ours = [t for t in await admin.list_topics() if t.startswith(settings.prefix)]
        return {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics(ours)}
    finally:
        await admin.close()


async def configs(settings: Settings, topic: str) -> dict[str, str]:
    """Settings of a topic on the broker."""
    admin = AIOKafkaAdminClient(**connect.kafka(settings))
    await admin.start()
    try:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        (answer,) = await admin.describe_configs([resource])
        found: list[Any] = answer.resources[0][4]
        return {entry[0]: entry[1] for entry in found}
    finally:
        await admin.close()


async def test_missing_topics_are_made_once(settings: Settings) -> None:
    """Sources, dead letters, between the stages, state; then there is nothing left to make."""
    wanted = connect.topics(settings)
    assert set(await connect.create_topics(settings)) == set(wanted)
    assert await connect.create_topics(settings) == []
    assert await described(settings) == {name: count for name, (count, _) in wanted.items()}


async def test_one_that_is_missing_is_made(settings: Settings) -> None:
    """The others stay as they are."""
    names = Names(settings.prefix)
    admin = AIOKafkaAdminClient(**connect.kafka(settings))
    await admin.start()
    await admin.create_topics([NewTopic(names.source("tickets"), 3, 1)])
    await admin.close()
    made = await connect.create_topics(settings)
    assert set(connect.topics(settings)) - set(made) == {names.source("tickets")}


async def test_another_number_of_partitions_is_refused(settings: Settings) -> None:
    """Keys would move; the error says what to set."""
    names = Names(settings.prefix)
    admin = AIOKafkaAdminClient(**connect.kafka(settings))
    await admin.start()
    await admin.create_topics([NewTopic(names.source("tickets"), 5, 1)])
    await admin.close()
    with pytest.raises(RuntimeError, match=r"tickets has 5 partitions.*CC_PARTITIONS=5"):
        await connect.create_topics(settings)


async def test_records_are_stamped_by_the_broker(settings: Settings) -> None:
    """Old event times must not make old records; state is compacted, never deleted by age."""
    await connect.create_topics(settings)
    names = Names(settings.prefix)
    source = await configs(settings, names.source("feedback"))
    assert source["message.timestamp.type"] == "LogAppendTime"
    assert source["cleanup.policy"] == "delete"
    state = await configs(settings, names.fold_state)
    assert state["cleanup.policy"] == "compact"


def test_every_source_has_its_dead_letters() -> None:
    """And as many partitions: a letter stays in the partition it came from."""
    settings = Settings(prefix="x.", partitions=3)
    wanted, names = connect.topics(settings), Names("x.")
    for topic in TOPICS:
        assert wanted[names.source(topic)][0] == wanted[names.dead_letters(topic)][0] == 3
    assert wanted[names.verdicts][0] == wanted[names.watch_state][0] == 1


def test_references_are_kept_for_ever_and_whole() -> None:
    """A key has many values in time: compacted, only the last rate would be left."""
    config = connect.topics(Settings())["reference"][1]
    assert (config["retention.ms"], config["retention.bytes"]) == ("-1", "-1")
    assert "cleanup.policy" not in config
