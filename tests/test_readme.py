"""What the papers say is so: tables are current, code runs, commands and files exist."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.cli import COMMANDS
from agents.commands.settings import table
from agents.texts import Text
from agents.validating import Validator
from schemas.codec import TopicCodec
from schemas.events import FeedbackSubmitted
from schemas.names import TOPICS
from schemas.settings import Settings
from streams.connect import create_topics

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAPERS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
NOW = 1_772_445_600_000

every_paper = pytest.mark.parametrize("name", PAPERS)


def paper(name: str) -> str:
    """Its text."""
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_table_of_settings_is_current() -> None:
    """Else: python -m agents settings --markdown."""
    made = re.search(r"<!-- made by: [^>]*-->\n(.*?)\n<!-- end -->", README, re.DOTALL)
    assert made is not None
    assert made[1] == table()


async def test_the_producer_example_sends_an_event_that_counts(kafka: str, namespace: str) -> None:
    """As it stands, but for the address and the prefix."""
    settings = Settings(kafka=kafka, prefix=f"{namespace}.", partitions=1)
    await create_topics(settings)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 10
    for old, new in (("127.0.0.1:9092", kafka), ('"feedback",', f'"{namespace}.feedback",')):
        assert code.count(old) == 1
        code = code.replace(old, new)
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], check=True, timeout=60)
    source = TopicPartition(f"{namespace}.feedback", 0)
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer:
        consumer.assign([source])
        await consumer.seek_to_beginning(source)
        record = await consumer.getone()
    assert isinstance(TopicCodec("feedback").decode(record.value), FeedbackSubmitted)
    outcome = Validator(settings, Text(settings.text_chars_max)).take(
        record.value, record.timestamp
    )
    assert outcome.fate == "accepted"
    assert outcome.key.encode() == record.key


def test_the_sample_to_validate_counts() -> None:
    """And feeds a KPI."""
    sample = re.search(r"echo '(\{.*?\})'", README, re.DOTALL)
    assert sample is not None
    outcome = Validator(Settings(), Text(2_000)).take(
        json.dumps(json.loads(sample[1])).encode(), NOW
    )
    assert outcome.fate == "accepted"
    assert "complaints_opened" in {kpi for effect in outcome.effects for kpi in effect.kpis}


def test_the_status_names_every_topic() -> None:
    """All of them are there."""
    _, _, status = README.partition("## Status")
    there, _, _ = status.partition("Not yet:")
    assert [topic for topic in TOPICS if topic not in there] == []


@every_paper
def test_every_command_that_is_named_exists(name: str) -> None:
    """``python -m agents …`` and ``make …``."""
    text = paper(name)
    assert set(re.findall(r"python -m agents ([\w-]+)", text)) <= set(COMMANDS)
    targets = set(re.findall(r"^([a-z]+):.*## ", paper("Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:`|    )make ([a-z]+)", text)) <= targets


@every_paper
def test_every_link_leads_somewhere(name: str) -> None:
    """Those to files; pictures are added by hand."""
    links = re.findall(r"(?<!!)\[[^\]]+\]\((?!http)([^)#]+)", paper(name))
    assert [link for link in links if not (ROOT / link).exists()] == []


@every_paper
def test_every_setting_that_is_named_exists(name: str) -> None:
    """``CC_…``, also with ``_FILE``."""
    named = set(re.findall(r"CC_[A-Z_]+[A-Z]", paper(name)))
    known = {f"CC_{field.upper()}" for field in Settings.__struct_fields__}
    assert {variable.removesuffix("_FILE") for variable in named - known} <= known


@every_paper
def test_papers_are_short(name: str) -> None:
    """One sitting each."""
    assert len(paper(name).splitlines()) < 200
