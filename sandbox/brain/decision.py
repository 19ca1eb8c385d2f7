"""What the rules decided: an answer in words, or one tool to call."""

from dataclasses import dataclass, field

from sandbox.brain.found import Found
from sandbox.brain.request import Json

SURE = 93
ANSWERED = 88
UNKNOWN = 45
LOST = 30


@dataclass(frozen=True)
class Decision:
    """`tool` set: call it with `arguments`. `extra` are facts that the rule itself adds."""

    reply: str = ""
    tool: str | None = None
    arguments: Json = field(default_factory=dict[str, object])
    wants_human: bool = False
    mood: str = "usual"
    resolved: bool = True
    done: bool = False
    confidence: int = SURE
    extra: tuple[Found, ...] = ()
