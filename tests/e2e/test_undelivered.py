"""What Meta does not take from us: the lead is not left in silence, and a person hears of it."""

from sandbox.graph_faults import SendFault
from tests.e2e.conftest import Company, words

CLOSED = 131047


async def test_an_answer_that_a_closed_window_kept_goes_first_when_he_writes_again(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    company.graph.faults.add(SendFault("refuse", code=CLOSED, phone=phone))
    asked = await company.says(phone, "¿cuánto cuesta la batería?")
    answer = (await company.of(phone, "outbox", "state = 'withheld'"))[0]["message"]["body"]
    assert "batería" in answer or "USD" in answer
    assert answer not in asked
    assert len(company.received(phone)) == 2  # the greeting, the template
    said = await company.says(phone, "sí, dime")
    assert said.startswith(answer)
    assert said != answer
    assert [words(m) for m in company.received(phone)].count(answer) == 1


async def test_a_burst_that_is_refused_brings_one_template(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    for question in ("¿cuánto cuesta la batería?", "¿y la instalación?"):
        company.graph.faults.add(SendFault("refuse", code=CLOSED, phone=phone))
        await company.says(phone, question)
    templates = [m for m in company.received(phone) if m.kind == "template"]
    assert len(templates) == 1
    before = len(company.received(phone))
    await company.says(phone, "¿hola?")
    assert len(company.received(phone)) == before + 3
    assert await company.of(phone, "outbox", "state = 'withheld'") == []
