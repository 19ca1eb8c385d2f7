"""Workers that die at each step of a turn, and what the lead sees of it: nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from bootstrap import Services
from sandbox.app import PHONE_NUMBER_ID
from settings import Settings
from tests.e2e import shifts
from tests.e2e.cable import Cable
from tests.e2e.conftest import Company, fresh, running, words
from tests.e2e.shifts import Fails, Killer, at_work, hired, leases_run_out, until_dead
from tests.e2e.test_conversations import TALKS, choices

Dying = Callable[[Services, Killer], Services]

STEPS: list[Dying] = [
    shifts.dies_after_the_seal,
    shifts.dies_after_the_checkpoint,
    shifts.dies_after_the_commit,
    shifts.dies_after_the_mailbox,
    shifts.dies_before_the_send_is_recorded,
]
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND position($1 IN query) > 0
"""
steps = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__.replace("_", " "))


@pytest.fixture(scope="module")
async def company(redis_url: str, database_url: str) -> AsyncIterator[Company]:
    """The servers alone: each test brings its workers."""
    async with fresh(redis_url, database_url) as new, running(new, working=False) as open_company:
        yield open_company


@steps
async def test_a_worker_that_dies_answering_leaves_one_reply(
    company: Company, phone: str, step: Dying
) -> None:
    before = len(company.model.asked)
    await taken_over(company, step, company.graph.leads.say(phone, "hola, soy Ana"))
    assert len(company.model.asked) == before + 1
    assert len(company.received(phone)) == 1
    assert await counts(company, phone) == {"turns": 1, "outbox": 1, "messages": 2}


@pytest.mark.parametrize(
    "step", [shifts.dies_after_the_booking, *STEPS], ids=lambda step: step.__name__
)
async def test_a_worker_that_dies_booking_leaves_one_call(
    company: Company, phone: str, step: Dying
) -> None:
    async with hired(company) as services, at_work(services):
        for line in TALKS["es"]:
            await company.says(phone, line)
    said = len(company.received(phone))
    tap = company.graph.leads.tap(phone, choices(company, phone)[0])
    await taken_over(company, step, tap)
    bookings = await company.of(phone, "bookings")
    assert [booking["status"] for booking in bookings] == ["confirmed"]
    assert len(company.received(phone)) == said + 1
    confirmed = words(company.received(phone)[-1])
    assert bookings[0]["link"] in confirmed
    assert confirmed.startswith("¡Listo! Tu llamada con")


@steps
async def test_a_worker_that_dies_handing_over_leaves_one_handoff(
    company: Company, phone: str, step: Dying
) -> None:
    rep_phones = [rep.phone.removeprefix("+") for rep in company.services.business.reps]
    told = sum(len(company.received(rep)) for rep in rep_phones)
    ask = company.graph.leads.say(phone, "quiero hablar con una persona")
    await taken_over(company, step, ask)
    assert len(await company.of(phone, "handoffs")) == 1
    assert len(company.received(phone)) == 1
    assert sum(len(company.received(rep)) for rep in rep_phones) == told + 1


async def test_two_workers_share_thirty_contacts_without_an_overlap(company: Company) -> None:
    phones = [f"5730044400{n:02d}" for n in range(30)]
    running_now: set[str] = set()
    overlaps: list[str] = []

    def watched(services: Services) -> Services:
        class Graph:
            async def ainvoke(
                self, state: dict[str, dict[str, str]], *rest: object, **named: object
            ) -> object:
                contact = state["batch"]["contact_id"]
                if contact in running_now:
                    overlaps.append(contact)
                running_now.add(contact)
                try:
                    return await services.graph.ainvoke(state, *rest, **named)  # type: ignore[call-overload] - passed on
                finally:
                    running_now.discard(contact)

        return replace(services, graph=Graph())  # type: ignore[arg-type] - all that a turn calls

    async with (
        hired(company) as one,
        hired(company) as two,
        at_work(watched(one)),
        at_work(watched(two)),
    ):
        for line in ("hola", "soy Ana", "busco paneles solares"):
            await asyncio.gather(*(company.graph.leads.say(phone, line) for phone in phones))
        await company.quiet()
    assert overlaps == []
    for phone in phones:
        rows = await company.of(phone, "messages", order="seq")
        inbound = [row["text"] for row in rows if row["direction"] == "in"]
        assert inbound == ["hola", "soy Ana", "busco paneles solares"]
        turns = len(await company.of(phone, "turns"))
        assert len(company.received(phone)) == turns == len(rows) - len(inbound)


async def test_a_turn_that_always_fails_is_given_up_with_one_honest_line(
    company: Company, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.TRIES", 2)
    async with hired(company) as services:
        graph = Fails(services, "veneno")
        dead = (await services.stores.mailbox.figures()).dead
        async with at_work(replace(services, graph=graph)):  # type: ignore[arg-type] - all that a turn calls
            await company.graph.leads.say(phone, "esto es veneno")
            said = await company.got(phone, 1)
            assert len(said) == 1
            assert "Disculpa" in said[0]
            assert graph.tries == 2
            assert (await services.stores.mailbox.figures()).dead == dead + 1
            assert not await company.says(phone, "hola, soy Ana")
    [handoff] = await company.of(phone, "handoffs")
    assert handoff["reason"] == "failed"
    rep = company.services.business.rep(handoff["rep"]).phone.removeprefix("+")
    assert any("no pudo responder" in words(message) for message in company.received(rep))
    # the reply, and the notice to the rep
    assert await counts(company, phone) == {"turns": 2, "outbox": 2, "messages": 3}


async def test_a_turn_that_always_fails_says_nothing_while_a_person_has_the_conversation(
    company: Company, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.TRIES", 1)
    async with hired(company) as services:
        graph = Fails(services, "veneno")
        async with at_work(replace(services, graph=graph)):  # type: ignore[arg-type] - all that a turn calls
            await company.says(phone, "quiero hablar con una persona")
            assert not await company.says(phone, "esto es veneno")
    assert graph.tries == 1
    assert len(await company.of(phone, "handoffs")) == 1


async def test_a_failing_contact_does_not_hold_up_the_others(
    company: Company, phone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.TRIES", 2)
    other = f"{int(phone) + 500_000}"
    async with hired(company) as services:
        graph = Fails(services, "veneno")
        async with at_work(replace(services, graph=graph)):  # type: ignore[arg-type] - all that a turn calls
            await company.graph.leads.say(phone, "esto es veneno")
            await company.graph.leads.say(other, "hola")
            await company.turned(phone, 1)
            firsts = {p: company.received(p)[0].at for p in (phone, other)}
    assert firsts[other] < firsts[phone]


async def test_a_lease_that_runs_out_while_the_model_thinks_leaves_one_reply(
    company: Company, phone: str
) -> None:
    async with hired(company) as services, at_work(services):
        company.model.pause()
        await company.graph.leads.say(phone, "hola, qué tal")
        await company.until(company.heard("qué tal"), "the model to be asked")
        await leases_run_out(company)

        async def twice() -> bool:
            return company.model.heard("qué tal") == 2

        await company.until(twice, "the same worker to take the contact up again")
        company.model.resume()
        assert len(await company.got(phone, 1)) == 1
        assert await company.says(phone, "soy Ana y busco paneles solares")
    assert await counts(company, phone) == {"turns": 2, "outbox": 2, "messages": 4}


async def test_a_database_that_is_away_puts_the_turn_off_and_asks_the_model_once(
    settings: Settings, phone: str
) -> None:
    async with Cable(settings.database_url or "") as cable:
        place = settings.model_copy(update={"database_url": cable.url})
        async with running(place) as company:
            assert await company.says(phone, "hola")
            company.model.pause()
            await company.graph.leads.say(phone, "soy Ana y busco paneles solares")
            await company.until(company.heard("paneles"), "the model to be asked")
            await cable.cut()
            company.model.resume()
            await company.until(company.put_off(phone), "the turn to be given back")
            await cable.mend()
            assert len(await company.got(phone, 2)) == 2
            assert company.model.heard("paneles") == 1
            assert await counts(company, phone) == {"turns": 2, "outbox": 2, "messages": 4}


@pytest.mark.parametrize(
    ("table", "asks"),
    [("contacts", "WITH named"), ("answered", "WITH contact AS")],
    ids=["at recall", "at commit"],
)
async def test_a_lease_is_held_while_postgresql_hangs(
    company: Company, phone: str, table: str, asks: str
) -> None:
    """Else each lease runs out, and the fifth worker takes the lead for one who kills workers."""
    pool = company.services.stores.pool

    async def waits() -> bool:
        return bool(await pool.fetchval(WAITING, asks))

    async with hired(company) as services, at_work(services):
        async with pool.acquire() as hanging, hanging.transaction():
            await hanging.execute(f"LOCK TABLE {table}")
            await company.graph.leads.say(phone, "hola")
            await company.until(waits, "the turn to hang")
            token, until = await leased(company, phone)

            async def renewed() -> bool:
                return (await leased(company, phone))[1] > until

            await company.until(renewed, "the lease to be renewed")
            assert (await leased(company, phone))[0] == token
        assert len(await company.got(phone, 1)) == 1
    assert await company.of(phone, "handoffs") == []


async def test_a_stop_lets_running_turns_finish_and_takes_no_new_ones(
    company: Company, phone: str
) -> None:
    other = f"{int(phone) + 500_000}"
    async with hired(company) as services:
        company.model.pause()
        async with at_work(services):
            await company.graph.leads.say(phone, "hola, buen día")
            await company.until(company.heard("buen día"), "the model to be asked")
            leaving = asyncio.get_running_loop()
            leaving.call_later(0.2, company.model.resume)
        assert len(company.received(phone)) == 1
        assert await counts(company, phone) == {"turns": 1, "outbox": 1, "messages": 2}
        await company.graph.leads.say(other, "hola")
        await company.until(company.unread(other, 1), "the other message")
        assert company.received(other) == []
        async with at_work(services):
            assert len(await company.got(other, 1)) == 1


async def test_a_turn_that_does_not_finish_in_time_is_given_back_at_once(
    company: Company, phone: str
) -> None:
    async with hired(company) as services:
        hasty = services.settings.model_copy(update={"drain_seconds": 0.1})
        company.model.pause()
        async with at_work(replace(services, settings=hasty)):
            await company.graph.leads.say(phone, "hola, buenas noches")
            await company.until(company.heard("buenas noches"), "the model to be asked")
        company.model.resume()
        assert (await services.stores.mailbox.figures()).due == 1
        async with at_work(services):
            assert len(await company.got(phone, 1)) == 1


async def taken_over(company: Company, step: Dying, act: Coroutine[Any, Any, str]) -> None:
    """One worker dies at the step, another one does the rest."""
    async with hired(company) as first, hired(company) as second:
        killer = Killer()
        doomed = step(first, killer)
        await act
        await until_dead(doomed, killer)
        await leases_run_out(company)
        async with at_work(second):
            await company.quiet()
            await company.until(company.no_receipts, "the receipts")


async def counts(company: Company, phone: str) -> dict[str, int]:
    return {table: len(await company.of(phone, table)) for table in ("turns", "outbox", "messages")}


async def leased(company: Company, phone: str) -> tuple[bytes | str | None, float]:
    """The token of the lease on a phone's contact, and until when it holds."""
    stores = company.services.stores
    contact = stores.pseudonyms.contact(PHONE_NUMBER_ID, phone)
    token = await stores.redis.hget(f"{{messages}}:turn:{contact}", "token")  # type: ignore[misc] - redis-py's stubs
    return token, await stores.redis.zscore("{messages}:due", contact) or 0.0
