"""`vendedor replay`: what was given up is answered after all, and nothing twice."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from crm.handoffs import claim, release
from crm.pauses import pause
from delivery.mailbox import Figures
from doctor import examine
from records import listed_handoffs
from replays import replay
from settings import Settings
from tests.e2e.conftest import Company, running
from tests.e2e.shifts import Fails, at_work, hired
from tests.e2e.webhooks import body, change, message


@pytest.fixture
async def idle(settings: Settings) -> AsyncIterator[Company]:
    """A company in which nobody works yet."""
    async with running(settings, working=False) as company:
        yield company


async def again(company: Company, *, dry: bool = False) -> list[str]:
    """The lines of the command with --dead."""
    settings = company.services.settings
    return (await replay(settings, dead=True, failed=False, dry=dry)).splitlines()


async def figures(company: Company) -> Figures:
    return await company.services.stores.mailbox.figures()


async def given_up(company: Company, phone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message at which every try fails, so that the lead got an apology."""
    monkeypatch.setattr("worker.TRIES", 2)
    async with hired(company) as services:
        graph = Fails(services, "veneno")
        async with at_work(replace(services, graph=graph)):  # type: ignore[arg-type] - all that a turn calls
            await company.graph.leads.say(phone, "¿venden veneno?")
            await company.got(phone, 1)
    assert (await figures(company)).dead == 1


async def test_a_body_that_can_be_read_now_is_answered_once(idle: Company, phone: str) -> None:
    idle.wrote(phone)
    mailbox = idle.services.stores.mailbox
    await mailbox.quarantine(body([change(message(phone, "hola"))]), "written by a newer Meta")

    assert (await again(idle, dry=True))[1] == (
        "quarantine: 1 bodies, of which 0 stay; 1 messages and 0 receipts stored"
    )
    assert (await figures(idle)).quarantined == 1
    assert "1 messages and 0 receipts stored" in (await again(idle))[0]
    assert (await figures(idle)).quarantined == 0
    assert "quarantine: 0 bodies" in (await again(idle))[0]
    async with hired(idle) as services, at_work(services):
        assert len(await idle.got(phone, 1)) == 1


async def test_what_was_stored_before_is_not_stored_again(idle: Company, phone: str) -> None:
    idle.wrote(phone)
    said = body([change(message(phone, "hola"))])
    assert await idle.post(said) == 200
    await idle.services.stores.mailbox.quarantine(said, "half of it was odd")
    assert "0 messages and 0 receipts" in (await again(idle))[0]
    async with hired(idle) as services, at_work(services):
        assert len(await idle.got(phone, 1)) == 1
        # eight days on the mailbox knows nothing of it any more, the record does
        for key in await idle.services.stores.redis.keys("{messages}:seen:*"):
            await idle.services.stores.redis.delete(key)
        await services.stores.mailbox.quarantine(said, "half of it was odd")
        assert "0 messages and 0 receipts" in (await again(idle))[0]


async def test_what_still_cannot_be_read_stays_with_its_reason(idle: Company) -> None:
    assert await idle.post(b"{no json") == 200
    for _ in range(2):
        first, reason, *_ = await again(idle)
        assert first.startswith("quarantine: 1 bodies, of which 1 stay")
        assert "JSON" in reason
    assert (await figures(idle)).quarantined == 1


async def test_a_batch_that_was_never_committed_is_answered(idle: Company, phone: str) -> None:
    mailbox = idle.services.stores.mailbox
    await idle.graph.leads.say(phone, "hola")
    await idle.until(idle.unread(phone, 1), "the message")
    lease = await mailbox.claim()
    assert lease
    await mailbox.bury(lease, "an old version could not read it")

    assert "1 messages put back" in (await again(idle, dry=True))[2]
    assert (await figures(idle)).dead == 1
    assert "1 messages put back, 0 recorded before" in (await again(idle))[1]
    assert "0 batches" in (await again(idle))[1]
    async with hired(idle) as services, at_work(services):
        assert len(await idle.got(phone, 1)) == 1


async def test_a_part_that_cannot_be_read_stays_behind(idle: Company, phone: str) -> None:
    stores = idle.services.stores
    await idle.graph.leads.say(phone, "hola")
    await idle.until(idle.unread(phone, 1), "the message")
    lease = await stores.mailbox.claim()
    assert lease
    key = f"{{messages}}:unread:{lease.contact}"
    await stores.redis.rpush(key, "1795000000000{no json")  # type: ignore[misc] - redis-py's stubs
    await stores.mailbox.bury(await stores.mailbox.reread(lease), "a version that knew it not")

    _, dead, reason = await again(idle)
    assert "1 messages put back, 0 recorded before" in dead
    assert reason == "  stays: a version that knew it not"
    assert (await figures(idle)).dead == 1
    assert "0 messages put back" in (await again(idle))[1]
    async with hired(idle) as services, at_work(services):
        assert len(await idle.got(phone, 1)) == 1


async def test_after_the_apology_comes_the_answer_once(
    idle: Company, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await given_up(idle, phone, monkeypatch)
    assert "0 messages put back, 1 recorded before" in (await again(idle))[1]
    async with hired(idle) as services, at_work(services):
        assert len(await idle.got(phone, 2)) == 2
        assert idle.model.heard("¿venden veneno?") == 1
        assert "0 batches" in (await again(idle))[1]


async def test_what_was_answered_since_is_left_alone(
    idle: Company, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await given_up(idle, phone, monkeypatch)
    [handoff] = await idle.of(phone, "handoffs")
    await release(idle.services.stores.pool, str(handoff["contact_id"]))
    async with hired(idle) as services, at_work(services):
        assert await idle.says(phone, "hola, soy Ana")
        before = len(idle.received(phone))
        assert "1 recorded before" in (await again(idle))[1]
        await idle.quiet()
        assert len(idle.received(phone)) == before
    assert (await figures(idle)).dead == 0


async def test_what_fails_again_comes_to_a_person_again(
    idle: Company, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await given_up(idle, phone, monkeypatch)
    await again(idle)
    async with hired(idle) as services:
        graph = Fails(services, "veneno")
        async with at_work(replace(services, graph=graph)):  # type: ignore[arg-type] - all that a turn calls
            await idle.got(phone, 2)
    first, second = await idle.of(phone, "handoffs", order="at")
    assert first["released_at"]
    assert (second["reason"], second["released_at"]) == ("failed", None)
    assert (await figures(idle)).dead == 1


async def test_what_a_person_took_is_left_to_him(
    idle: Company, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await given_up(idle, phone, monkeypatch)
    [handoff] = await idle.of(phone, "handoffs")
    await claim(idle.services.stores.pool, handoff["id"])
    await again(idle)
    async with hired(idle) as services, at_work(services):
        await idle.quiet()
    assert len(idle.received(phone)) == 1


async def test_what_is_parked_is_listed_with_how_to_send_it_on(
    idle: Company, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = idle.services.settings
    assert await idle.post(b"{no json") == 200
    await given_up(idle, phone, monkeypatch)
    listed = await listed_handoffs(settings, every=True)
    assert "1 batches of messages at which every try failed are parked" in listed
    assert "`vendedor replay --dead`" in listed
    assert "1 bodies of the webhook could not be read" in listed
    assert "parked" not in await listed_handoffs(settings)


async def test_the_doctor_says_what_is_paused_until_when_and_why(idle: Company) -> None:
    settings, pool = idle.services.settings, idle.services.stores.pool
    assert await told_of_messages(settings) == [""]
    for scope, code in (("number", 190), ("templates", 131048), ("template:a/es", 132015)):
        await pause(pool, scope, [60.0], code=code)
    await pool.execute(
        "INSERT INTO outbox (id, contact_id, turn_id, position, recipient_phone, message,"
        " error_code, due_at) VALUES (gen_random_uuid(), gen_random_uuid(), 't', 0, '34600111222',"
        " '{}', 131056, now() + interval '16 s')"
    )
    number, template, templates, pairs = await told_of_messages(settings)
    until = await pool.fetchval("SELECT max(until) FROM outbox_pauses WHERE scope = 'number'")
    assert number.startswith(f"everything waits until {until:%Y-%m-%d %H:%M:%S} UTC")
    assert "(Meta's code 190): token" in number
    assert "replies go on" in templates
    assert "template:a/es" in template
    assert pairs.startswith("1 leads were written to too fast")


async def told_of_messages(settings: Settings) -> list[str]:
    """What the doctor says of what goes out."""
    return [f.problem async for f in examine(settings) if f.what == "messages"]
