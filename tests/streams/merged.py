"""One merge shard, fed by one source of every topic, and what its readout writes."""

from __future__ import annotations

from schemas.measures import MEASURES
from schemas.names import Names
from schemas.readings import Point, Reading, decode_point, decode_reading
from schemas.settings import Settings
from streams.merging import MergeState
from streams.panes import NO_TIME, Cells, Keys, Panes
from streams.readout import Readout
from streams.references import References
from streams.wire import REST, Publication, decode_publication, encode_publication

NAMES = Names("t.")
PARTITIONS = 3
CSAT = MEASURES["csat"]


class Shard:
    """One source of every topic, and the readout of what is merged."""

    def __init__(
        self, clock: str = "wall", number: int | None = None, references: References | None = None
    ) -> None:
        self.references = references or References()
        self.state = MergeState(Settings(clock=clock, partitions=PARTITIONS), number)
        self.readout = Readout(self.state, NAMES, references=self.references)
        self.panes: dict[str, Panes] = {}
        self.version = 0

    def source(self, topic: str) -> Panes:
        """Its panes, to be added to."""
        return self.panes.setdefault(topic, Panes(Keys(200)))

    def csat(self, at: int, *scores: int, audience: str = "customer") -> None:
        """Answers by mail from nowhere."""
        for score in scores:
            cell = (1, int(score >= 4), score, score * score)
            self.source("feedback").add(CSAT, at, audience, ("email", None, None), cell)

    def publish(
        self, head: int, lane: int = REST, *, partition: int = 0, watermark: int = NO_TIME
    ) -> None:
        """Merge what was added; time is then ``head``."""
        self.version += 1
        for topic, panes in self.panes.items():
            panes.settle()
            taken = panes.take_unpublished(None)
            cells: list[tuple[str, int, Cells]] = [(t, s, c) for (t, s), c in taken.items()]
            times = (watermark, head, False, NO_TIME, 0)
            pub = Publication(topic, partition, lane, self.version, True, *times, cells)
            self.state.take(decode_publication(encode_publication(pub)))

    def succeed(self) -> None:
        """A new owner goes on with what was saved."""
        successor = MergeState(self.state.settings)
        for key, value in self.state.changes():
            successor.restore(key, value)
        successor.restored()
        self.state = successor
        self.readout = Readout(successor, NAMES, references=self.references)

    def readings(self) -> dict[tuple[str, str], Reading]:
        """What is written now: KPI and field → reading."""
        writes, _ = self.readout.all()
        root = NAMES.latest("")
        return {
            (key.removeprefix(root), field): decode_reading(value)
            for key, field, value in writes
            if key.startswith(root)
        }

    def points(self) -> dict[tuple[str, str, str, int], Point]:
        """What is written now: KPI, segment, resolution, start → point of a trend."""
        writes, _ = self.readout.all()
        found = {}
        for key, field, value in writes:
            if key.startswith(NAMES.root + "series:"):
                kpi, segment, resolution, _ = key.removeprefix(NAMES.root + "series:").split(":")
                found[kpi, segment, resolution, int(field) * 1000] = decode_point(value)
        return found
