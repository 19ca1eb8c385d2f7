"""What runs beside the worker, when a dependency is away."""

from dataclasses import replace

import asyncpg
import pytest

from crm.pool import connect
from delivery.mailbox import Mailbox, Post
from loops import settle_receipts
from tests.e2e.conftest import Company
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
