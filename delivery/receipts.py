"""What Meta reports about our messages later: sent, delivered, read, or failed after all.

Receipts come in any order, more than once, and before or after the answer of the send.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast
from uuid import UUID

from crm import outbox as rows
from crm.outbox import UNFINISHED, Failure, State, StoredRow
from crm.pool import Pool
from delivery.graph_client import redacted
from delivery.refusals import Refusal, Refusals
from domain.contact import Pseudonyms

_STATES: dict[object, State] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}

_NO_REASON = 131000
_INTEGER = 2**31

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One status item. `tracker` is our row's id, `wamid_id` the keyed hash of Meta's id."""

    tracker: str | None
    wamid_id: str | None
    state: State
    code: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """How many rows changed, and whether that lets others of the outbox go."""

    changed: int = 0
    frees: bool = False


async def apply(
    pool: Pool,
    statuses: Sequence[Mapping[str, Any]],
    pseudonyms: Pseudonyms,
    refusals: Refusals,
) -> Applied:
    """Bring raw status items to the outbox in their order; unknown ones change nothing."""
    for status in statuses:
        _watch_price(status)
    known = [receipt for status in statuses if (receipt := read(status, pseudonyms))]
    changed, frees = 0, False
    for failed, some in groupby(known, lambda receipt: receipt.state == "failed"):
        if failed:
            lost = [await _failed(pool, receipt, refusals) for receipt in some]
            changed, frees = changed + sum(lost), frees or any(lost)
        else:
            ended = await _arrived(pool, list(some), refusals)
            changed, frees = changed + len(ended), frees or any(ended)
    return Applied(changed, frees)


def read(status: Mapping[str, Any], pseudonyms: Pseudonyms) -> Receipt | None:
    """The receipt in a raw status item; None for one that tells nothing of a message of ours."""
    state, wamid = status.get("status"), status.get("id")
    tracker = _uuid(status.get("biz_opaque_callback_data"))
    wamid_id = pseudonyms.message(wamid) if isinstance(wamid, str) and wamid else None
    if not isinstance(state, str) or state not in _STATES or not (tracker or wamid_id):
        return None
    code, error = _problem(status.get("errors")) if state == "failed" else (0, "")
    return Receipt(tracker, wamid_id, _STATES[state], code, error)


def concerns(receipt: Receipt, stored: StoredRow) -> bool:
    """Whether a failure is news: of the row's last attempt, not told before, nor disproved."""
    if stored.state in ("withheld", "failed", "delivered", "read", "merged"):
        return False
    if stored.wamid_id is None or receipt.wamid_id is None:
        return True
    return stored.wamid_id == receipt.wamid_id and stored.state not in UNFINISHED


async def _arrived(pool: Pool, some: Sequence[Receipt], refusals: Refusals) -> list[bool]:
    """Of each changed row whether it was unfinished, so that later ones waited for it."""
    ended = await rows.receipts(pool, [(it.tracker, it.wamid_id, it.state) for it in some])
    if ended:
        refusals.passed(late=True)
    return ended


async def _failed(pool: Pool, receipt: Receipt, refusals: Refusals) -> bool:
    async with pool.acquire() as connection, connection.transaction():
        stored = await rows.find(connection, tracker=receipt.tracker, wamid_id=receipt.wamid_id)
        if stored is None or not concerns(receipt, stored):
            return False
        failure = Failure(receipt.code, receipt.error, "", receipt.wamid_id)
        return await refusals.settle(connection, Refusal(stored, failure, late=True))


def _watch_price(status: Mapping[str, Any]) -> None:
    """WhatsApp's terms forbid general-purpose assistants; being priced as one is an alarm."""
    pricing = status.get("pricing")
    if isinstance(pricing, dict) and pricing.get("category") == "general_purpose_ai":  # type: ignore[reportUnknownMemberType]  # JSON
        _log.error("Meta charges this number as a general-purpose AI provider")


def _uuid(tracker: object) -> str | None:
    try:
        return str(UUID(tracker)) if isinstance(tracker, str) else None
    except ValueError:
        return None


def _problem(errors: object) -> tuple[int, str]:
    """Code and words of the first error; Meta's "something went wrong" when unreadable."""
    first: object = cast("list[object]", errors)[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return _NO_REASON, "failed without a reason"
    problem = cast("dict[str, Any]", first)
    code, data = problem.get("code"), problem.get("error_data")
    details = cast("dict[str, Any]", data).get("details") if isinstance(data, dict) else None
    text = str(details or problem.get("message") or problem.get("title") or "")
    if not isinstance(code, int) or abs(code) >= _INTEGER:
        code = _NO_REASON
    return code, redacted(text)
