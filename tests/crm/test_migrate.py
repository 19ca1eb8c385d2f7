import asyncio
from pathlib import Path

import pytest

from crm.migrate import MIGRATIONS, migrate, pending, read_all
from crm.pool import connect
from domain.errors import DatabaseUnusable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations of a made-up application."""
    (tmp_path / "0001_leads.sql").write_text("CREATE TABLE leads (id int PRIMARY KEY)")
    (tmp_path / "0002_score.sql").write_text("ALTER TABLE leads ADD score int; SELECT 1;")
    (tmp_path / "README.md").write_text("not a migration")
    return tmp_path


async def test_applies_every_file_once_in_order(empty_database: str, folder: Path) -> None:
    assert await migrate(empty_database, folder=folder) == ["0001_leads", "0002_score"]
    assert await migrate(empty_database, folder=folder) == []


async def test_our_own_files_apply_to_an_empty_database(empty_database: str) -> None:
    names = [migration.name for migration in read_all(MIGRATIONS)]
    assert names[0] == "0001_crm"
    assert await migrate(empty_database) == names


async def test_pending_names_what_is_missing(empty_database: str, folder: Path) -> None:
    pool = await connect(empty_database, size=1)
    assert await pending(pool, folder=folder) == ["0001_leads", "0002_score"]
    await migrate(pool, folder=folder)
    (folder / "0003_more.sql").write_text("CREATE TABLE more (id int)")
    assert await pending(pool, folder=folder) == ["0003_more"]
    await pool.close()


async def test_two_migrators_at_once_apply_each_file_once(
    empty_database: str, folder: Path
) -> None:
    (folder / "0003_slow.sql").write_text("SELECT pg_sleep(0.3)")
    applied = await asyncio.gather(*(migrate(empty_database, folder=folder) for _ in range(3)))
    assert sorted(applied, key=len) == [[], [], ["0001_leads", "0002_score", "0003_slow"]]


async def test_a_changed_file_is_refused(empty_database: str, folder: Path) -> None:
    await migrate(empty_database, folder=folder)
    (folder / "0001_leads.sql").write_text("CREATE TABLE leads (id bigint PRIMARY KEY)")
    with pytest.raises(DatabaseUnusable, match="0001_leads was changed"):
        await migrate(empty_database, folder=folder)


async def test_a_failing_file_leaves_no_half_of_itself(empty_database: str, folder: Path) -> None:
    (folder / "0003_broken.sql").write_text("CREATE TABLE half (id int); SELECT * FROM nowhere")
    with pytest.raises(DatabaseUnusable, match=r"0003_broken failed.*nowhere"):
        await migrate(empty_database, folder=folder)
    (folder / "0003_broken.sql").write_text("CREATE TABLE half (id int)")
    assert await migrate(empty_database, folder=folder) == ["0003_broken"]


async def test_the_wait_for_another_migrator_is_bounded(empty_database: str, folder: Path) -> None:
    other = await connect(empty_database, size=1)
    async with other.acquire() as connection:
        await connection.execute("SELECT pg_advisory_lock(7302)")
        with pytest.raises(DatabaseUnusable, match="another process"):
            await migrate(empty_database, folder=folder, wait=0.2)
    await other.close()
    assert await migrate(empty_database, folder=folder) == ["0001_leads", "0002_score"]
