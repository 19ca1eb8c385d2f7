"""Holds the sends of one process back while its network does not reach Meta."""

from collections.abc import Callable, Sequence


class Brake:
    """After each pause the next sends are the probe: unreached again, the pause grows."""

    def __init__(self, clock: Callable[[], float], lengths: Sequence[float]) -> None:
        self._clock = clock
        self._lengths = lengths
        self._until = 0.0
        self._times = 0

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._until - self._clock())

    def hold(self) -> float:
        """Pause and give the seconds left.

        Sends that were under way when the pause began do not make it longer.
        """
        if not self.seconds_left:
            self._times += 1
            self._until = self._clock() + self._lengths[min(self._times, len(self._lengths)) - 1]
        return self.seconds_left

    def release(self) -> None:
        """Meta was reached: the next pause is a short one again."""
        self._times = 0
