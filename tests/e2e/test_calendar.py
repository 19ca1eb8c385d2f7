"""A rep changes a booked call on the calendar page, and the lead reads of it in the chat."""

from datetime import timedelta

import httpx

from domain.bookings import event_id
from domain.wording import moment
from tests.e2e.conftest import Company
from tests.e2e.test_conversations import booked


async def act(company: Company, phone: str, what: str, **fields: str) -> dict[str, object]:
    """Do what the page's form does to the phone's call, and give its booking."""
    (row,) = await company.of(phone, "bookings", "status = 'confirmed'")
    rep = company.services.business.rep(row["rep"])
    where = {"calendar": rep.calendar, "event": event_id(str(row["id"]))}
    page = company.services.settings.google_calendar_api_url
    async with httpx.AsyncClient(timeout=10) as browser:
        answer = await browser.post(f"{page}/{what}", params=where, data=fields)
    assert answer.status_code == 303
    return row


async def test_a_call_deleted_by_hand_is_cancelled_and_the_lead_told(
    company: Company, phone: str
) -> None:
    await booked(company, phone)
    before = len(company.received(phone))

    await act(company, phone, "delete")

    told = (await company.got(phone, before + 1))[before:]
    assert len(told) == 1
    assert "tuvo que cancelar tu llamada" in told[0]
    (row,) = await company.of(phone, "bookings")
    assert row["status"] == "cancelled"


async def test_a_call_moved_by_hand_is_moved_and_the_lead_told(
    company: Company, phone: str
) -> None:
    await booked(company, phone)
    before = len(company.received(phone))
    business = company.services.business
    (row,) = await company.of(phone, "bookings")
    later = row["starts_at"] + timedelta(days=35)

    start = f"{later.astimezone(business.zone):%Y-%m-%dT%H:%M}"
    await act(company, phone, "move", start=start)

    told = (await company.got(phone, before + 1))[before:]
    assert len(told) == 1
    assert moment(later, business.timezone, "es") in told[0]
    (row,) = await company.of(phone, "bookings")
    assert (row["status"], row["starts_at"]) == ("confirmed", later)
