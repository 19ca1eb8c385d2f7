"""A sender without a wire; `tests/delivery/test_sender_contract.py` holds it to the real one."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from delivery import policy
from domain.contact import Address
from domain.errors import SendError, SendUncertain
from domain.messages import Outbound


@dataclass(frozen=True)
class Sent:
    row_id: str
    to: str
    message: Outbound
    wamid: str


class FakeSender:
    """Keeps what Meta would have taken in `sent`; `refuse` and `lose` act on the next sends."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.tries = 0
        self.uploads_forgotten = 0
        self.gate: asyncio.Event | None = None
        self.during: Callable[[], None] = lambda: None
        self._faults: deque[SendError] = deque()

    def refuse(self, *codes: int, retry_after: float | None = None) -> None:
        self._faults.extend(
            SendError("no", code=code, http_status=400, retry_after=retry_after) for code in codes
        )

    def lose(self, answers: int = 1) -> None:
        """Meta takes the next messages, their answers do not arrive."""
        self._faults.extend(SendUncertain("lost", code=policy.UNANSWERED) for _ in range(answers))

    def heal(self) -> None:
        """Forget the faults that are still to come."""
        self._faults.clear()

    async def send(
        self, row_id: str, recipient: Address, message: Outbound, documents: Path
    ) -> str:
        del documents
        self.tries += 1
        to = recipient.phone or recipient.bsuid
        if not to:
            raise SendError("no identifier", code=policy.UNSENDABLE)
        fault = self._faults.popleft() if self._faults else None
        if fault and not isinstance(fault, SendUncertain):
            raise fault
        sent = Sent(row_id, to, message, f"wamid.{len(self.sent) + 1}")
        self.sent.append(sent)
        if self.gate:
            await self.gate.wait()
        self.during()
        if fault:
            raise fault
        return sent.wamid

    def forget_media(self) -> None:
        self.uploads_forgotten += 1
