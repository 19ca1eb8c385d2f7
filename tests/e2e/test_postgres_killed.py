"""PostgreSQL is killed with -9 in the middle of a handoff: one handoff, one line, one notice.

Nothing of ours dies; the worker goes on when the server is back.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest
from redis.asyncio import Redis

from bootstrap import Services
from chaos import servers
from chaos.process import Process
from chaos.records import Record
from crm.pool import UNREACHABLE
from tests.e2e import shifts
from tests.e2e.conftest import PATIENCE, Company, beside, running, without_accounts
from tests.e2e.shifts import Killer, at_work, hired

ASKS = "quiero hablar con una persona"
DOWN_SECONDS = 0.5
AWAY = (asyncpg.PostgresError, *UNREACHABLE)

Breaking = Callable[[Services, Killer], Services]

POINTS: list[Breaking] = [
    shifts.dies_after_the_seal,
    shifts.dies_after_the_checkpoint,
    shifts.dies_after_the_commit,
    shifts.dies_after_the_mailbox,
    shifts.dies_before_the_send_is_recorded,
]

SLOW = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(1); RETURN new; END $$;
CREATE TRIGGER slow BEFORE INSERT ON handoffs FOR EACH ROW EXECUTE FUNCTION slow();
"""
ASLEEP = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


class PowerCut(Killer):
    """Kills PostgreSQL, once, where another killer would end the worker."""

    def __init__(self, postgres: Process) -> None:
        super().__init__()
        self._postgres = postgres

    def die(self) -> None:
        if not self.died.is_set():
            self.died.set()
            self._postgres.kill(down_for=DOWN_SECONDS)


@pytest.fixture(scope="module")
async def postgres() -> AsyncIterator[tuple[Process, str]]:
    """A server of our own, which is started again whenever it ends, and its URL."""
    with TemporaryDirectory(prefix="vendedor-killed-") as folder:
        ports = servers.Ports.free()
        with closing(Record(Path(folder) / "record")) as record:
            process = Process(servers.postgres(Path(folder), ports), record)
            await process.start()
            yield process, ports.database_url
            await process.stop()


@pytest.fixture(scope="module")
async def company(redis_url: str, postgres: tuple[Process, str]) -> AsyncIterator[Company]:
    async with Redis.from_url(beside(redis_url)) as redis:
        await redis.flushdb()
    settings = without_accounts(beside(redis_url), postgres[1])
    own = settings.model_copy(update={"handoff_claim_minutes": 0})
    async with running(own, working=False) as open_company:
        yield open_company


async def told_once(company: Company, phone: str, notices: int) -> None:
    """One handoff, one line to the lead, one notice to the rep."""

    async def over() -> bool:
        with suppress(*AWAY):
            return await company.settled() and bool(await company.of(phone, "handoffs"))
        return False

    await company.until(over, "the handoff")
    [_] = await company.of(phone, "handoffs")
    assert len(company.received(phone)) == 1
    assert reps_got(company) == notices + 1


def reps_got(company: Company) -> int:
    reps = company.services.business.reps
    return sum(len(company.received(rep.phone.removeprefix("+"))) for rep in reps)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.__name__.removeprefix("dies_"))
async def test_killed_between_two_steps(
    company: Company, postgres: tuple[Process, str], phone: str, point: Breaking
) -> None:
    notices = reps_got(company)
    cut = PowerCut(postgres[0])
    async with hired(company) as services, at_work(point(services, cut)):
        await company.graph.leads.say(phone, ASKS)
        async with asyncio.timeout(PATIENCE):
            await cut.died.wait()
        await postgres[0].serving()
        await told_once(company, phone, notices)


async def test_killed_inside_of_the_transaction(
    company: Company, postgres: tuple[Process, str], phone: str
) -> None:
    notices = reps_got(company)
    await company.services.stores.pool.execute(SLOW)
    async with hired(company) as services, at_work(services):
        await company.graph.leads.say(phone, ASKS)

        async def in_the_middle() -> bool:
            return bool((await company.fetch(ASLEEP))[0]["count"])

        await company.until(in_the_middle, "the handoff to be written")
        postgres[0].kill(down_for=DOWN_SECONDS)
        await postgres[0].serving()
        await told_once(company, phone, notices)
