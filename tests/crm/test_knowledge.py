"""The contract of the port `Knowledge`, held by the folder and by PostgreSQL."""

import asyncio

import pytest

from crm.knowledge import StoredKnowledge
from crm.pool import Pool
from domain.business import Business, Section
from domain.ports import Knowledge
from tests.crm.conftest import crm_pool, pool
from tests.tools.companies import acme
from tools.knowledge import FolderKnowledge

__all__ = ["crm_pool", "pool"]

SECTIONS = (
    ("Garantía", "Dos años sobre todo el trabajo. EN: Two years on all our work."),
    ("Instalación", "Instalamos paneles en dos semanas. PT: Instalamos painéis em duas semanas."),
    ("Payment methods", "We take cards and bank transfers. ES: Aceptamos tarjetas."),
    ("Contrato", "No hay permanencia: puedes cancelar cuando quieras."),
)


def business(*, more: tuple[str, str] | None = None) -> Business:
    sections = (*SECTIONS, more) if more else SECTIONS
    found = tuple(Section(title=title, body=body) for title, body in sections)
    return acme().model_copy(update={"knowledge": found})


@pytest.fixture(params=["folder", "postgresql"])
async def knowledge(request: pytest.FixtureRequest, pool: Pool) -> Knowledge:
    if request.param == "folder":
        return FolderKnowledge(business())
    stored = StoredKnowledge(pool, business())
    assert await stored.load()
    return stored


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("¿qué GARANTIA dan?", "Garantía"),
        ("how many years does your work last?", "Garantía"),
        ("¿cuánto tardan en instalar los paneles?", "Instalación"),
        ("vocês instalam os painéis em quantas semanas?", "Instalación"),
        ("can I pay by card?", "Payment methods"),
        ("¿aceptan tarjeta?", "Payment methods"),
        ("¿puedo cancelar?", "Contrato"),
    ],
)
async def test_a_natural_question_finds_its_section(
    knowledge: Knowledge, query: str, title: str
) -> None:
    assert (await knowledge.search(query)).startswith(f"### {title}\n")


@pytest.mark.parametrize("query", ["", "?", "xyzzy", "a | b & !c <-> ':*"])
async def test_what_is_not_there_is_not_found(knowledge: Knowledge, query: str) -> None:
    assert not await knowledge.search(query)


async def test_the_folder_is_copied_once_by_however_many(pool: Pool) -> None:
    loaded = await asyncio.gather(*(StoredKnowledge(pool, business()).load() for _ in range(4)))
    assert sorted(loaded) == [False, False, False, True]
    assert await pool.fetchval("SELECT count(*) FROM knowledge") == len(SECTIONS)


async def test_a_changed_folder_is_searched_as_it_is_now(pool: Pool) -> None:
    await StoredKnowledge(pool, business()).load()
    now = StoredKnowledge(pool, business(more=("Drones", "Volamos drones.")))
    assert await now.load()
    assert "Drones" in await now.search("drones")
