"""Money in minor units of the reporting currency, by the rates that ``reference.set`` tells."""

from __future__ import annotations

from bisect import bisect_right

from streams.references import References

RATE_KPI = "exchange_rate"
# Hundredths, whatever the currency.
MINOR_UNITS = 100
# What an event may say (1e12) at a rate of 1: sums of any number of events stay within 63 bits.
MINOR_MAX = 10**14

# When each rate begins (ms), ascending, and the rates.
_Line = tuple[tuple[int, ...], tuple[float, ...]]
_NO_RATES: _Line = ((), ())


class Rates:
    """What one unit of a currency is worth in the reporting currency, at any time."""

    def __init__(self, currency: str, references: References) -> None:
        self.currency = currency
        self.references = references
        self._version = -1
        self._lines: dict[str, _Line] = {}

    def knows(self, currency: str | None) -> bool:
        """Whether money of this currency can be converted; a missing one is the reporting one."""
        return not currency or currency == self.currency or bool(self._line(currency)[0])

    def minor(self, amount: float, currency: str | None, at: int) -> int:
        """Minor units of the reporting currency, by the rate at ``at`` (ms), halves to even.

        Raises ``LookupError`` for a currency without any rate: such events are rejected before.
        """
        converted = round(amount * self._rate(currency, at) * MINOR_UNITS)
        return min(converted, MINOR_MAX)

    def _rate(self, currency: str | None, at: int) -> float:
        if not currency or currency == self.currency:
            return 1.0
        starts, rates = self._line(currency)
        if not starts:
            raise LookupError(f"no rate of {currency}")
        # Before the first rate the first one holds, corrected as it may be.
        return rates[bisect_right(starts, max(at, starts[0])) - 1]

    def _line(self, currency: str) -> _Line:
        if self._version != self.references.version:
            self._version = self.references.version
            self._lines = {}
        line = self._lines.get(currency)
        if line is None:
            line = self._lines[currency] = self._read(currency)
        return line

    def _read(self, currency: str) -> _Line:
        said = self.references.entries(RATE_KPI, "fact", (("currency", currency),))
        rates = [(entry.valid_from, entry.value) for entry in said if entry.value > 0]
        return (
            (tuple(at for at, _ in rates), tuple(rate for _, rate in rates)) if rates else _NO_RATES
        )
