"""What a run came to, for people: faults by kind, recovery, memory, invariants. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

WARM_S = 60.0
# A slope over less is noise.
SLOPE_MIN_S = 120.0
SHOWN = 20
BYTES_A_MB = 1_000_000
INVARIANTS = {
    "I1": "all panes are the oracle's",
    "I2": "no pane has two finals",
    "I3": "every breach paged, under one key",
    "I4": "a resolve follows its trigger, and only then",
    "I5": "committed is never above what is saved",
    "I6": "working again in time after every fault",
    "I7": "nothing lost, nothing double, every dead letter once",
}

Sample = tuple[float, int]


@dataclass
class Happened:
    """One fault: when (s since the run began), how long until all was worked off again, and how long it may."""

    name: str
    at_s: float
    recovery_s: float
    allowed_s: float


@dataclass
class Report:
    """``wrong``: by invariant what contradicts it; an invariant that is not in it was not checked.

    ``ended_early``: why, if faults ended before their time. ``memory``: resident bytes by worker.
    """

    seed: int
    produced: int = 0
    restarts: int = 0
    elapsed_s: float = 0
    ended_early: str = ""
    faults: list[Happened] = field(default_factory=list)
    memory: dict[int, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def suffered(self, happened: Happened) -> None:
        """One more fault that the engine came back from, in time or not."""
        self.faults.append(happened)
        late = self.wrong.setdefault("I6", [])
        if happened.recovery_s > happened.allowed_s:
            late.append(f"{happened.recovery_s:.1f} s until working again after: {happened.name}")

    @property
    def held(self) -> bool:
        """Whether it ran to its end, and every invariant was checked and held."""
        return not self.ended_early and all(self.wrong.get(name) == [] for name in INVARIANTS)

    def lines(self) -> list[str]:
        """The whole report."""
        head = (
            f"seed {self.seed}: {len(self.faults)} faults, {self.produced} records in "
            f"{self.elapsed_s:.0f} s, {self.restarts} workers started anew"
        )
        early = [f"ended early: {self.ended_early}"] if self.ended_early else []
        rows = [head, *early, *self._kinds(), *self._invariants(), *self._memory()]
        return [*rows, "VERDICT: all invariants held" if self.held else "VERDICT: FAILED"]

    def _kinds(self) -> Iterator[str]:
        kinds: dict[str, list[float]] = defaultdict(list)
        for fault in self.faults:
            kinds[fault.name].append(fault.recovery_s)
        yield f"{'fault':50} {'n':>4}  recovery p50   max"
        for name, times in sorted(kinds.items()):
            yield f"{name:50} {len(times):4}  {median(times):10.1f} s {max(times):5.1f} s"
        every = [fault.recovery_s for fault in self.faults]
        if every:
            yield f"{'all':50} {len(every):4}  {median(every):10.1f} s {max(every):5.1f} s"

    def _invariants(self) -> Iterator[str]:
        for name, meaning in INVARIANTS.items():
            wrong = self.wrong.get(name)
            said = "not checked" if wrong is None else f"{len(wrong)} WRONG" if wrong else "held"
            yield f"{name} {meaning}: {said}"
            yield from (f"    {line}" for line in (wrong or [])[:SHOWN])

    def _memory(self) -> Iterator[str]:
        short = 0
        for pid, samples in self.memory.items():
            slope = slope_mb_per_min(samples)
            if slope is None:
                short += 1
                continue
            lived_min, end_mb = (samples[-1][0] - samples[0][0]) / 60, samples[-1][1] / BYTES_A_MB
            about = f"lived {lived_min:.0f} min, {end_mb:.0f} MB at last"
            yield f"memory of worker {pid}: {slope:+.2f} MB/min ({about})"
        if short:
            yield f"memory: {short} more workers lived less than {WARM_S + SLOPE_MIN_S:.0f} s"


def median(times: Sequence[float]) -> float:
    """The upper one of two."""
    return sorted(times)[len(times) // 2]


def slope_mb_per_min(samples: Sequence[Sample]) -> float | None:
    """Least squares over all (s, bytes) after a worker's first minute; None if there is too little."""
    warm = [(at, size) for at, size in samples if at >= samples[0][0] + WARM_S]
    if not warm or warm[-1][0] - warm[0][0] < SLOPE_MIN_S:
        return None
    mean_at = sum(at for at, _ in warm) / len(warm)
    mean_size = sum(size for _, size in warm) / len(warm)
    over = sum((at - mean_at) * (size - mean_size) for at, size in warm)
    return over / sum((at - mean_at) ** 2 for at, _ in warm) * 60 / BYTES_A_MB
