"""Meta's send rates: one business number to one lead, and one business number in all."""

from dataclasses import dataclass, field

from sandbox.graph_errors import GraphFault


@dataclass(frozen=True, slots=True)
class Limits:
    """Rates to enforce, as messages a second with a burst; None is unlimited.

    The page "About the platform": one message each 6 s to the same user, bursts up to 45 that are
    borrowed from the future; the page "Throughput": 80 a second for a number.
    """

    pair_per_second: float | None = None
    pair_burst: int = 45
    number_per_second: float | None = None
    number_burst: int = 80


_MANY_PAIRS = 10_000

META_LIMITS = Limits(pair_per_second=1 / 6, number_per_second=80)


@dataclass(slots=True)
class Bucket:
    """A leaky bucket in the form of one moment: when the last taken place will have leaked."""

    per_second: float
    burst: int
    _free_at: float = 0.0

    def take(self, now: float) -> bool:
        """Take a place at `now` (seconds); False when the burst is used up."""
        free_at = max(self._free_at, now) + 1 / self.per_second
        if free_at - now > self.burst / self.per_second + 1e-9:
            return False
        self._free_at = free_at
        return True

    def busy(self, now: float) -> bool:
        """Whether something has not leaked yet."""
        return self._free_at > now


@dataclass(slots=True)
class Rates:
    """The buckets of one business number."""

    limits: Limits
    _number: Bucket | None = None
    _pairs: dict[str, Bucket] = field(default_factory=dict[str, Bucket])

    def check(self, phone: str, now: float) -> None:
        """Count a send. Raises GraphFault 130429 or 131056."""
        if self.limits.number_per_second is not None:
            if self._number is None:
                self._number = Bucket(self.limits.number_per_second, self.limits.number_burst)
            if not self._number.take(now):
                raise GraphFault(130429, "Cloud API message throughput has been reached.")
        if self.limits.pair_per_second is not None:
            self._forget_idle(now)
            new = Bucket(self.limits.pair_per_second, self.limits.pair_burst)
            if not self._pairs.setdefault(phone, new).take(now):
                raise GraphFault(131056, "Too many messages to the same phone number.")

    def _forget_idle(self, now: float) -> None:
        if len(self._pairs) >= _MANY_PAIRS:
            self._pairs = {phone: b for phone, b in self._pairs.items() if b.busy(now)}
