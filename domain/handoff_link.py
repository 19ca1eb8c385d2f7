"""The link by which a rep acts on one handoff without logging in.

It says which handoff, for whom, and until when, and is signed: whoever holds it is taken for that
rep. The signature's key is made of VENDEDOR_SECRET_KEY for this purpose alone.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.values import Value

PATH = "/handoff"
GOOD_FOR = timedelta(days=7)

_SIGNATURE = 32
"""Hex characters of the signature, 128 bits."""


class Pass(Value):
    """What a link is good for."""

    handoff: str
    rep: str
    expires: datetime


@dataclass(frozen=True, slots=True, repr=False)
class HandoffLinks:
    """Makes and reads them. `root` is where the webhook is reached from outside."""

    secret: bytes
    root: str

    def address(self, handoff: str, rep: str, at: datetime) -> str:
        """The link of a handoff that the rep is told of at that moment; the same each time."""
        return f"{self.root.rstrip('/')}{PATH}/{self.token(handoff, rep, at)}"

    def token(self, handoff: str, rep: str, at: datetime) -> str:
        said = f"{handoff}.{rep}.{int((at + GOOD_FOR).timestamp()):x}"
        return f"{said}.{self._signature('link', said)}"

    def read(self, token: str) -> Pass | None:
        """What the token says, whether it has expired or not; None when we did not make it."""
        said, _, signature = token.rpartition(".")
        if not (token.isascii() and self._made("link", said, signature)):
            return None
        handoff, rep, expires = said.rsplit(".", 2)
        return Pass(handoff=handoff, rep=rep, expires=datetime.fromtimestamp(int(expires, 16), UTC))

    def form(self, token: str) -> str:
        """What only the page of this link knows, so that no other page can post for it."""
        return self._signature("form", token)

    def sent_by_form(self, token: str, given: str) -> bool:
        return given.isascii() and self._made("form", token, given)

    def _made(self, purpose: str, text: str, signature: str) -> bool:
        return hmac.compare_digest(self._signature(purpose, text), signature)

    def _signature(self, purpose: str, text: str) -> str:
        key = hmac.digest(self.secret, b"handoff links", "sha256")
        return hmac.digest(key, f"{purpose}:{text}".encode(), "sha256").hex()[:_SIGNATURE]
