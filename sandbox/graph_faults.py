"""Faults on demand: what goes wrong with the next sends and the next webhooks."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from domain.values import Plain

SendFaultKind = Literal["refuse", "delay", "slow", "lost", "undelivered", "garbage", "no_upload"]
HoldKind = Literal["batch", "reorder"]


@dataclass(slots=True)
class SendFault:
    """What happens to the next `times` sends (to `phone` alone when given, digits).

    refuse: Meta's error `code`. delay: taken `seconds` late. slow: taken at once, answered
    `seconds` late. lost: taken, and the connection closed without an answer. undelivered: taken,
    and a `failed` receipt with `code`. garbage: a 502 that is not JSON. no_upload: not a send, but
    the next uploads are refused with `code`, whoever they are for.
    """

    kind: SendFaultKind
    times: int = 1
    code: int = 131000
    seconds: float = 0.0
    phone: str | None = None


@dataclass(slots=True)
class WebhookFaults:
    """The next `duplicate` POSTs are sent twice; the next `hold` events wait for each other.

    Held events then go in one POST (batch) or in reverse order (reorder). They wait two seconds
    at most.
    """

    duplicate: int = 0
    hold: int = 0
    hold_kind: HoldKind = "batch"


class Faults:
    """All faults that are still to come."""

    def __init__(self) -> None:
        self.sends: list[SendFault] = []
        self.webhooks = WebhookFaults()

    def add(self, fault: SendFault) -> None:
        """Queue a fault after those that are there."""
        self.sends.append(fault)

    def clear(self) -> None:
        self.sends.clear()
        self.webhooks = WebhookFaults()

    def next_send(self, phone: str | None) -> SendFault | None:
        """Use up one turn of the first fault that this send is due."""
        return self._next(lambda fault: fault.kind != "no_upload" and fault.phone in (None, phone))

    def next_upload(self) -> SendFault | None:
        """The same for an upload."""
        return self._next(lambda fault: fault.kind == "no_upload")

    def _next(self, due: Callable[[SendFault], bool]) -> SendFault | None:
        for fault in filter(due, self.sends):
            fault.times -= 1
            if fault.times <= 0:
                self.sends.remove(fault)
            return fault
        return None

    def next_is_duplicate(self) -> bool:
        """Use up one duplicate."""
        due = self.webhooks.duplicate > 0
        self.webhooks.duplicate -= due
        return due

    def plain(self) -> Plain:
        return {
            "sends": [asdict(fault) for fault in self.sends],
            "webhooks": asdict(self.webhooks),
        }
