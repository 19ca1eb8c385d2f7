"""Several statements as one."""

from crm.pool import Pool
from crm.script import Script
from tests.crm.made import ANA, BOB

ADD = "INSERT INTO contacts (id, profile_name) VALUES ($1, $2) RETURNING id, profile_name"


async def test_each_part_has_parameters_of_its_own(pool: Pool) -> None:
    script = Script()
    script.do("ana", ADD, ANA, "Ana")
    script.do("bob", ADD, BOB, "Bob")
    script.tell("sum", "SELECT $1::int + $2::int", 2, 3)
    assert (await script.run(pool))["sum"] == 5
    rows = await pool.fetch("SELECT id::text, profile_name FROM contacts ORDER BY 2")
    assert [tuple(row) for row in rows] == [(ANA, "Ana"), (BOB, "Bob")]


async def test_a_part_learns_of_another_by_its_name_alone(pool: Pool) -> None:
    script = Script()
    script.do("ana", ADD, ANA, "Ana")
    script.tell("by_name", "SELECT profile_name FROM ana")
    script.tell("in_the_table", "SELECT count(*) FROM contacts")
    assert tuple((await script.run(pool)).values()) == ("Ana", 0)
