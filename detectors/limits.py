"""Plain limits with hysteresis: where a severity begins, and how far back it must go to end."""

from __future__ import annotations

from msgspec import Struct

from schemas.alerts import Severity


class Limits(Struct, frozen=True, kw_only=True):
    """A severity begins where the gauge passes ``yellow`` or ``red``.

    ``above``: more is worse. ``margin``: red ends, and all is clear, only where the gauge is this
    share of the limit on its good side (0.05: a limit of 70 % is left at 73.5 %). ``relative``:
    the gauge is value / expected, and limits count only together with a detector's alarm.
    """

    yellow: float
    red: float
    above: bool
    margin: float = 0.05
    relative: bool = False

    def severity(self, gauge: float, standing: Severity) -> Severity:
        """Severity of a gauge; ``standing``: the one before, so that red does not flap."""
        if self._past(self.red, gauge, self.margin if standing == "red" else 0.0):
            return "red"
        return "yellow" if self._past(self.yellow, gauge, 0.0) else "ok"

    def clear(self, gauge: float) -> bool:
        """Whether the gauge is on the good side of the yellow limit by the margin."""
        return not self._past(self.yellow, gauge, self.margin)

    def _past(self, limit: float, gauge: float, margin: float) -> bool:
        return gauge > limit * (1 - margin) if self.above else gauge < limit * (1 + margin)
