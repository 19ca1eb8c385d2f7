"""Where a lead is and whom he knows, as the next turn remembers it."""

from datetime import timedelta

from crm.bookings import Bookings
from crm.memory import recall
from crm.pool import Pool
from domain.contact import Address
from domain.slots import Slot
from domain.turn import Memory
from tests.crm.made import ADDRESS, ANA, START, committed, fact, handed_over

HOUR = timedelta(hours=1)


async def memory(pool: Pool, address: Address = ADDRESS) -> Memory:
    return (await recall(pool, ANA, address, "Ana", ["alias"], None, START + HOUR)).memory


async def zone(pool: Pool) -> tuple[str | None, str | None]:
    row = await pool.fetchrow("SELECT timezone, timezone_source FROM contacts")
    assert row is not None
    return row["timezone"], row["timezone_source"]


async def test_the_phone_suggests_a_zone_until_the_lead_says_where_he_is(pool: Pool) -> None:
    await committed(pool, "t1")
    known = await memory(pool)
    assert (known.timezone, known.timezone_sure) == ("America/Mexico_City", False)
    assert await zone(pool) == ("America/Mexico_City", "phone")

    await committed(pool, "t2", facts=(fact("timezone", "America/Tijuana"),))
    await committed(pool, "t3")
    known = await memory(pool)
    assert (known.timezone, known.timezone_sure) == ("America/Tijuana", True)
    assert await zone(pool) == ("America/Tijuana", "said")


async def test_a_zone_that_he_declines_to_say_changes_nothing(pool: Pool) -> None:
    await committed(pool, "t1", facts=(fact("timezone", None),))
    assert await zone(pool) == ("America/Mexico_City", "phone")


async def test_a_lead_without_a_phone_has_no_zone(pool: Pool) -> None:
    known = await memory(pool, Address(bsuid="CO.1"))
    assert (known.timezone, known.timezone_sure) == (None, False)


async def test_the_rep_of_the_last_call_or_talk_is_known(pool: Pool) -> None:
    assert (await memory(pool)).rep is None
    store, start = Bookings(pool), START + 24 * HOUR
    slot = Slot(id="x", rep="max", start=start, end=start + HOUR)

    held = await store.hold(ANA, slot, key="k1", lasting=HOUR)
    assert (await memory(pool)).rep is None
    row = await store.confirm(held, None)
    assert row is not None
    assert (await memory(pool)).rep == "max"
    await store.cancel(row, key="k2")
    assert (await memory(pool)).rep == "max"


async def test_a_hold_that_came_to_nothing_makes_no_acquaintance(pool: Pool) -> None:
    await memory(pool)
    start = START + 24 * HOUR
    slot = Slot(id="x", rep="max", start=start, end=start + HOUR)
    store = Bookings(pool)
    await store.release(await store.hold(ANA, slot, key="k1", lasting=HOUR), stray=False)
    assert (await memory(pool)).rep is None


async def test_a_rep_who_took_the_conversation_is_known(pool: Pool) -> None:
    told = handed_over("t1")
    await committed(
        pool, "t1", **{n: getattr(told, n) for n in type(told).model_fields if n != "turn_id"}
    )
    assert (await memory(pool)).rep is None
    await pool.execute("UPDATE handoffs SET claimed_at = now()")
    assert (await memory(pool)).rep == "luz"
