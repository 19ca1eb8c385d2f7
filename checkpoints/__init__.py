"""A LangGraph checkpointer on plain Redis. Imports nothing of the project: copy the folder."""

from .client import connect, connect_sync
from .encryption import Encrypted, KeyRing
from .errors import CheckpointError, ReadOnly, StaleThread, TooLarge, Undecodable
from .read_only import ReadOnlySaver
from .saver import RedisSaver
from .serde import Compact, strict

__all__ = [
    "CheckpointError",
    "Compact",
    "Encrypted",
    "KeyRing",
    "ReadOnly",
    "ReadOnlySaver",
    "RedisSaver",
    "StaleThread",
    "TooLarge",
    "Undecodable",
    "connect",
    "connect_sync",
    "strict",
]
