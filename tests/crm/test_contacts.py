import pytest

from crm.contacts import by_phone, named
from crm.memory import recall
from crm.pool import Pool
from tests.crm.made import ADDRESS, ANA, BOB, START


async def test_an_alias_names_its_contact_after_redis_was_lost(pool: Pool) -> None:
    await recall(pool, ANA, ADDRESS, "", ["a1", "a2"], None, START)
    await recall(pool, BOB, ADDRESS, "", ["b1"], None, START)
    assert await named(pool, BOB, ["new", "a2"]) == (ANA, ())
    assert await named(pool, ANA, ["b1", "a1", "a2"]) == (BOB, (ANA,))
    assert await named(pool, BOB, ["new"]) == (BOB, ())


@pytest.mark.parametrize("typed", ["5215512345678", "+52 55 1234 5678", "52-55-1234-5678"])
async def test_a_number_is_found_in_any_form(pool: Pool, typed: str) -> None:
    await recall(pool, ANA, ADDRESS, "", [], None, START)
    assert await by_phone(pool, typed) == ANA


async def test_another_number_with_the_same_end_is_not_found(pool: Pool) -> None:
    await recall(pool, ANA, ADDRESS, "", [], None, START)
    assert await by_phone(pool, "+57 300 1234 5678") is None
