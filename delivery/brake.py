"""Holds back every send of the number while Meta throttles it, or refuses it altogether."""

from collections.abc import Callable

from delivery import policy
from delivery.policy import ReactionKind


class NumberBrake:
    """After each pause the next sends are the probe: refused again, the pause grows."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until = 0.0
        self._times = 0

    @property
    def seconds_left(self) -> float:
        return max(0.0, self._until - self._clock())

    def hold(self, kind: ReactionKind, retry_after: float | None = None) -> float | None:
        """Pause if the reaction asks for it and give the seconds left; None when it does not.

        Sends that were under way when the pause began do not make it longer.
        """
        pause = policy.number_pause(kind, self._times + 1, retry_after)
        if pause is None:
            return None
        if not self.seconds_left:
            self._times += 1
            self._until = self._clock() + pause
        return self.seconds_left

    def release(self) -> None:
        """Meta took a message: the next pause is a short one again."""
        self._times = 0
