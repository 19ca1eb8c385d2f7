"""When Redis forgot a conversation, the lead's next message continues it from PostgreSQL."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from checkpoints import RedisSaver
from crm import contacts
from crm.conversation import Conversation, inspect
from tests.e2e.conftest import Company
from tests.e2e.model import newest
from tests.e2e.test_conversations import TALKS, booked, choices, qualified

Loss = Callable[[Company, str], Awaitable[None]]


async def expired(company: Company, phone: str) -> None:
    """The state of this conversation ends, as after a day without a word."""
    stores = company.services.stores
    key = RedisSaver(stores.redis).key(await _contact(company, phone))
    assert await stores.redis.unlink(key) == 1


async def emptied(company: Company, phone: str) -> None:
    """Redis comes back with nothing in it: no state, no mailbox, no aliases."""
    await company.quiet()
    await company.services.stores.redis.flushdb()
    assert await company.services.stores.redis.dbsize() == 0, phone


async def unreadable(company: Company, phone: str) -> None:
    """A state that nobody can decode, as when its key was lost."""
    redis = company.services.stores.redis
    key = RedisSaver(redis).key(await _contact(company, phone))
    fields = [field for field in cast("list[bytes]", await redis.hkeys(key)) if field[:1] == b"c"]
    assert fields
    await redis.hset(key, mapping=dict.fromkeys(fields, b"no checkpoint"))


@pytest.fixture(params=[expired, emptied, unreadable])
def loss(request: pytest.FixtureRequest) -> Loss:
    return request.param


async def _contact(company: Company, phone: str) -> str:
    contact = await contacts.by_phone(company.services.stores.pool, phone)
    assert contact
    return contact


async def _kept(company: Company, phone: str) -> Conversation:
    await company.quiet()
    conversation = await inspect(company.services.stores.pool, phone)
    assert conversation
    return conversation


def _values(conversation: Conversation) -> dict[str, str | None]:
    return {fact.field: fact.value for fact in conversation.memory.facts}


def _request(company: Company, words: str) -> dict[str, Any]:
    """What the model was asked when these were the lead's newest words."""
    return next(r for r in reversed(company.model.asked) if words in newest(r))


async def test_in_the_middle_of_qualification(company: Company, phone: str, loss: Loss) -> None:
    for line in TALKS["es"][:4]:
        await company.says(phone, line)
    before = await _kept(company, phone)
    await loss(company, phone)

    said = await company.says(phone, "decido yo con mi socia")

    after = await _kept(company, phone)
    assert _values(before).items() <= _values(after).items()
    assert set(_values(after)) >= {"name", "intent", "need", "budget", "authority"}
    assert after.memory.stage == "qualification"
    assert "asistente" not in said  # it does not introduce itself again
    asked = "".join(message["content"] for message in _request(company, "con mi socia")["messages"])
    assert TALKS["es"][3] in asked  # what was said last is before the model again


async def test_the_messages_after_the_loss_join_those_before(
    company: Company, phone: str, loss: Loss
) -> None:
    for line in TALKS["es"][:3]:
        await company.says(phone, line)
    await loss(company, phone)
    await company.says(phone, TALKS["es"][3])

    await company.says(phone, "quien decide es mi jefe")

    asked = _request(company, "quien decide")["messages"]
    heard = [message["content"] for message in asked if message["role"] == "user"]
    assert heard[-4:] == [*TALKS["es"][1:4], "quien decide es mi jefe"]


async def test_with_times_on_offer(company: Company, phone: str, loss: Loss) -> None:
    await qualified(company, phone)
    offered = choices(company, phone)
    await loss(company, phone)

    said = await company.taps(phone, offered[1])

    after = await _kept(company, phone)
    assert after.memory.stage == "scheduling"
    assert after.memory.booking
    assert after.memory.booking.link
    assert after.memory.booking.link in said


async def test_with_a_booked_call(company: Company, phone: str, loss: Loss) -> None:
    await booked(company, phone)
    before = await _kept(company, phone)
    await loss(company, phone)

    assert "[" in await company.says(phone, "necesito cambiar la hora de la llamada")
    await company.taps(phone, choices(company, phone)[-1])

    after = await _kept(company, phone)
    assert before.memory.booking
    assert after.memory.booking
    assert after.memory.booking.id == before.memory.booking.id
    assert after.memory.booking.start != before.memory.booking.start
    assert _values(after) == _values(before)


async def test_during_a_handoff(company: Company, phone: str, loss: Loss) -> None:
    await company.says(phone, TALKS["es"][1])
    assert await company.says(phone, "quiero hablar con una persona")
    before, calls = await _kept(company, phone), len(company.model.asked)
    await loss(company, phone)

    assert not await company.says(phone, "hola? sigue alguien ahí?")

    after = await _kept(company, phone)
    assert after.memory.handoff == before.memory.handoff
    assert after.memory.stage == "handoff"
    assert len(company.model.asked) == calls


async def test_what_the_summary_holds(company: Company, phone: str, loss: Loss) -> None:
    for line in TALKS["es"][:4]:
        await company.says(phone, line)

    async def summarised() -> bool:
        return (await _kept(company, phone)).memory.summary is not None

    await company.until(summarised, "the summary")
    summary = (await _kept(company, phone)).memory.summary
    await loss(company, phone)

    await company.says(phone, "lo decide mi esposa")

    context = _request(company, "mi esposa")["messages"][1]["content"]
    assert summary
    assert summary.text[:20] in context
