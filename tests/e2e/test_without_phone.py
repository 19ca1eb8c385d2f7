"""A username lead, whom Meta delivers without a phone number, through the whole conversation."""

from typing import Any

import pytest

from domain.sentences import SENTENCES
from sandbox.app import PHONE_NUMBER_ID
from sandbox.graph_phones import ChatMessage
from tests.e2e.conftest import Company
from tests.e2e.test_conversations import TALKS

ASKS = "request_contact_info"


@pytest.fixture
def hidden(company: Company, phone: str) -> str:
    """A phone whose number the company does not see."""
    company.graph.leads.phone(phone, name="Ana López", username="ana.lopez")
    return phone


async def contact_of(company: Company, phone: str) -> dict[str, Any]:
    bsuid = company.graph.leads.phone(phone).bsuid
    [row] = await company.fetch("SELECT * FROM contacts WHERE bsuid = $1", bsuid)
    return dict(row)


def asked(company: Company, phone: str) -> list[ChatMessage]:
    """Our requests for the number."""
    return [m for m in company.received(phone) if m.body.get("type") == ASKS]


def times(company: Company, phone: str) -> list[str]:
    """The ids of the times on the newest offer."""
    found: list[str] = []
    for message in company.received(phone):
        kind = message.kind
        action: dict[str, Any] = message.body.get("action", {}) if kind == "interactive" else {}
        rows = [row["id"] for section in action.get("sections", []) for row in section["rows"]]
        found = rows or [button["reply"]["id"] for button in action.get("buttons", [])] or found
    return [name for name in found if name.startswith("slot:")]


async def qualified(company: Company, phone: str) -> None:
    for line in TALKS["es"]:
        await company.says(phone, line)


async def bookings(company: Company, phone: str) -> list[Any]:
    contact = await contact_of(company, phone)
    query = "SELECT status FROM bookings WHERE contact_id = $1 AND status = 'confirmed'"
    return await company.fetch(query, contact["id"])


async def test_a_lead_is_asked_once_and_books_without_giving_the_number(
    company: Company, hidden: str
) -> None:
    await qualified(company, hidden)
    (request,) = asked(company, hidden)
    assert request.body["body"]["text"].endswith(SENTENCES["ask_phone"]["es"])
    assert company.received(hidden)[-1].body.get("type") != ASKS
    await company.says(hidden, "prefiero no dar mi número")
    await company.taps(hidden, times(company, hidden)[0])
    assert await bookings(company, hidden)
    assert len(asked(company, hidden)) == 1
    contact = await contact_of(company, hidden)
    assert (contact["phone"], contact["callback_phone"]) == (None, None)
    sent = [m for m in company.graph.sends if m["body"].get("recipient") == contact["bsuid"]]
    assert len(sent) >= len(TALKS["es"])
    assert all("to" not in m["body"] for m in sent)


async def test_the_number_that_he_shares_is_his_and_he_is_known_by_it(
    company: Company, hidden: str
) -> None:
    await qualified(company, hidden)
    before = len(company.received(hidden))
    await company.graph.leads.share_own_number(hidden)

    async def thanked() -> bool:
        return len(company.received(hidden)) > before

    await company.until(thanked, "the thanks")
    await company.quiet()
    assert company.received(hidden)[before].body["body"] == SENTENCES["got_phone"]["es"]
    contact = await contact_of(company, hidden)
    assert (contact["phone"], contact["callback_phone"]) == (hidden, None)
    names = company.services.stores.pseudonyms
    alias = names.alias(PHONE_NUMBER_ID, hidden)
    [row] = await company.fetch("SELECT contact_id FROM contact_aliases WHERE alias = $1", alias)
    assert row["contact_id"] == contact["id"]
    await company.taps(hidden, times(company, hidden)[0])
    assert await bookings(company, hidden)
    assert len(asked(company, hidden)) == 1


async def test_a_card_of_his_own_is_a_number_to_call_and_no_name(
    company: Company, hidden: str
) -> None:
    await company.says(hidden, "hola")
    await company.graph.leads.share_contact(hidden, "Ana López", "+57 300 999 0001")
    await company.graph.leads.share_contact(hidden, "Luz Díaz", "+57 300 999 0002")
    await company.quiet()
    contact = await contact_of(company, hidden)
    assert (contact["phone"], contact["callback_phone"]) == (None, "573009990001")
    names = company.services.stores.pseudonyms
    aliases = [names.alias(PHONE_NUMBER_ID, number) for number in ("573009990001", "573009990002")]
    assert not await company.fetch("SELECT 1 FROM contact_aliases WHERE alias = ANY($1)", aliases)
