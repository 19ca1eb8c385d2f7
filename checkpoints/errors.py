"""What this package raises on purpose, one tree.

CheckpointError
├── StaleThread   another run committed to this thread first: load it again, then redo the turn
├── Undecodable   a stored blob cannot be read (damage, a lost key, a newer format); it stays stored
├── TooLarge      a blob over `max_bytes`; nothing was written
└── ReadOnly      a writing method of a saver that only looks

An unreachable or failing Redis raises redis-py's own errors, never "no state".
"""


class CheckpointError(Exception):
    """Anything that the checkpointer raises on purpose."""


class StaleThread(CheckpointError):
    """The thread's newest checkpoint is not the one that this run started from."""


class Undecodable(CheckpointError):
    """A stored blob cannot be turned back into state; the text quotes nothing of it."""


class TooLarge(CheckpointError):
    """A checkpoint or a write is larger than the saver accepts."""


class ReadOnly(CheckpointError):
    """This saver was made for looking at live threads."""
