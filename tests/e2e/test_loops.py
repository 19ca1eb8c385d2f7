"""What runs beside the worker, when a dependency is away."""

from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest
import structlog

from crm.pool import connect
from delivery.followups import Followups
from delivery.mailbox import Mailbox, Post
from loops import loops, settle_receipts
from tests.e2e.conftest import Company, served
from tests.e2e.shifts import hired


async def test_receipts_that_cannot_be_stored_are_due_again_at_once(
    company: Company, database_url: str
) -> None:
    gone = await connect(database_url)
    await gone.close()
    mailbox = Mailbox(company.services.stores.redis, "receipts of this test")
    await mailbox.push([Post(id="", contact="0", aliases=(), body=b'{"id":"x","status":"sent"}')])
    async with hired(company) as services:
        stores = replace(services.stores, pool=gone, receipts=mailbox)
        with pytest.raises(asyncpg.InterfaceError):
            await settle_receipts(replace(services, stores=stores))
    again = await mailbox.claim()
    assert again is not None
    assert again.tries == 0


async def test_what_postgresql_refuses_is_told_without_the_row(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its words quote the whole row: number, name and message."""

    async def refused(_: Followups) -> None:
        row = "INSERT INTO outbox (id, contact_id, message) VALUES ($1, $1, $2)"
        await company.services.stores.pool.execute(row, uuid4(), {"body": "what Ana said"})

    monkeypatch.setattr(Followups, "work", refused)
    with structlog.testing.capture_logs() as logs:

        async def told() -> bool:
            return any(line["event"] == "put off" for line in logs)

        async with served(*loops(company.services)):
            await company.until(told, "the log")
    assert "NotNullViolationError" in str(logs)
    assert "Ana" not in str(logs)
