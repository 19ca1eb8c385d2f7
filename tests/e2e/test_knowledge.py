"""A knowledge folder that fits in no prompt: found by full text, through the webhook."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nodes.context import KNOWLEDGE_CHARS
from settings import Settings
from tests.e2e.conftest import Company, running

BUSINESS = Path(__file__).parents[2] / "business"
SECTIONS = 400
ABOUT = "Instalamos el modelo {n} en techos de teja, zinc o concreto, con su tablero y su medidor."
PARKING = "En la sede hay catorce puestos cubiertos, con candado y vigilante."


@pytest.fixture
async def bookish(settings: Settings, tmp_path: Path) -> AsyncIterator[Company]:
    """The demo company, which has written down a great deal more."""
    folder = tmp_path / "business"
    shutil.copytree(BUSINESS, folder)
    sections = [f"## Modelo {n}\n\n{ABOUT.format(n=n)}\n" for n in range(SECTIONS)]
    sections.insert(SECTIONS // 2, f"## Parqueadero para bicicletas\n\n{PARKING}\n")
    text = "# Catálogo\n\n" + "\n".join(sections)
    assert len(text) > KNOWLEDGE_CHARS
    (folder / "knowledge" / "catalogo.md").write_text(text, "utf-8")
    async with running(settings.model_copy(update={"business_dir": folder})) as open_company:
        yield open_company


async def test_what_is_asked_is_found_and_told(bookish: Company, phone: str) -> None:
    [stored] = await bookish.fetch("SELECT count(*) AS sections FROM knowledge")
    assert stored["sections"] == len(bookish.services.business.knowledge) > SECTIONS
    before = len(bookish.model.asked)
    answer = await bookish.says(phone, "¿tienen parqueadero para bicicletas?")
    assert "catorce puestos" in answer
    first, second = bookish.model.asked[before:]
    assert PARKING not in str(first)
    [found] = [one["content"] for one in second["messages"] if one["role"] == "tool"]
    assert PARKING in found
    assert len(found) < KNOWLEDGE_CHARS / 4
    [turn] = await bookish.of(phone, "turns")
    assert turn["decision"]["kind"] == "answer"


async def test_what_nobody_wrote_down_is_not_made_up(bookish: Company, phone: str) -> None:
    answer = await bookish.says(phone, "¿ofrecen clases de zumba?")
    assert "zumba" not in answer.lower()
    assert "Modelo" not in answer
