"""The limits of a saver, checked once, and the arguments that they become."""

import math
from dataclasses import dataclass

from langchain_core.runnables import RunnableConfig

from .errors import TooLarge
from .scripts import FIELD

# A later time is a slip (milliseconds for seconds), and Redis would refuse it after the write.
_LATEST_EPOCH_SECONDS = 2**40
_LONGEST_TTL_SECONDS = 2**31


@dataclass(frozen=True, slots=True)
class Policy:
    """How long (seconds), how deep (checkpoints, 0: all), how large (bytes), and whether fenced."""

    ttl: int
    keep: int
    fence: bool
    max_bytes: int

    def __post_init__(self) -> None:
        if not 0 < self.ttl <= _LONGEST_TTL_SECONDS:
            raise ValueError("ttl is in seconds and above 0: a thread without an end would leak")
        if self.keep < 0:
            raise ValueError("keep is the number of checkpoints to hold, 0 for all")

    def admit(self, blob: bytes) -> bytes:
        """The blob itself; raises TooLarge."""
        if len(blob) > self.max_bytes:
            raise TooLarge(f"a blob of {len(blob)} bytes, and {self.max_bytes} are allowed")
        return blob


def expires_at(config: RunnableConfig) -> str:
    """`configurable.expires_at` (epoch seconds) as Redis takes it, "" where there is none."""
    moment = config.get("configurable", {}).get("expires_at")
    if moment is None:
        return ""
    if not 0 <= moment < _LATEST_EPOCH_SECONDS:
        raise ValueError("configurable.expires_at is a time in epoch seconds")
    return str(math.ceil(moment))


def plain(name: str) -> str:
    """A name that may stand in a field; raises ValueError for one with a separator in it."""
    if FIELD in name or "\x1e" in name:
        raise ValueError(f"{name!r} holds a control character")
    return name
