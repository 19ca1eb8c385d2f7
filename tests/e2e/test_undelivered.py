"""What Meta does not take from us: the lead is not left in silence, and a person hears of it."""

from collections.abc import Awaitable, Callable

from crm.handoffs import release
from crm.outbox import retry_failed
from records import listed_handoffs
from sandbox.graph_faults import SendFault
from tests.e2e.conftest import Company, Condition, words

CLOSED = 131047
BROCHURE = "¿me mandas el folleto?"


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


async def test_a_brochure_that_is_refused_reaches_a_person_and_the_lead_is_told(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    no_uploads(company, code=100)
    before = len(company.received(phone))
    await company.graph.leads.say(phone, BROCHURE)
    said = (await company.got(phone, before + 2))[before:]
    assert "no ha salido" in said[-1]
    await company.until(handed_over(company, phone, "undelivered"), "the handoff")
    [handoff] = await company.of(phone, "handoffs")
    rep = company.services.business.rep(handoff["rep"]).phone.removeprefix("+")
    await company.until(noticed(company, rep, "no se le pudo entregar"), "the rep's notice")
    await company.until(briefed(company, phone), "the brief")
    shown = await listed_handoffs(company.services.settings)
    assert "undelivered" in shown
    assert "(not delivered)" in shown
    assert await company.says(phone, "¿y bien?") == ""
    assert await company.services.undelivered.work() == 0

    await release(company.services.stores.pool, str(handoff["contact_id"]))
    assert await company.says(phone, "me llamo Ana")
    [lost] = await company.of(phone, "outbox", "state = 'failed'")
    assert await retry_failed(company.services.stores.pool, row_id=str(lost["id"])) == 1
    no_uploads(company, code=100)
    company.services.outbox.nudge()
    again = handed_over(company, phone, "undelivered", "undelivered")
    await company.until(again, "a second handoff, since a person tried in vain")


async def test_a_line_or_a_notice_that_fails_makes_no_other(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    no_uploads(company, code=100)
    for rep in company.services.business.reps:
        number = rep.phone.removeprefix("+")
        company.graph.faults.add(SendFault("refuse", code=132000, phone=number))
    await company.graph.leads.say(phone, BROCHURE)
    await company.until(handed_over(company, phone, "undelivered"), "the handoff")
    await company.quiet()
    company.graph.faults.clear()
    ours = "turn_id LIKE 'handoff/%'"
    [line, notice] = await company.of(phone, "outbox", ours, order="seq")
    assert (line["message"]["kind"], notice["state"]) == ("text", "failed")

    # with no handoff open, nothing but the rule keeps these from making one
    await company.fetch("UPDATE handoffs SET released_at = now()")
    await company.fetch(f"UPDATE outbox SET state = 'failed', person_at = NULL WHERE {ours}")  # noqa: S608 - a constant
    await company.until(all_seen(company), "the rows to be seen")
    assert len(await company.of(phone, "handoffs")) == 1
    assert len(await company.of(phone, "outbox", ours)) == 2


async def test_a_lead_who_is_not_on_whatsapp_reaches_a_person_without_a_line(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    company.graph.faults.add(SendFault("refuse", code=131026, phone=phone))
    before = len(company.received(phone))
    await company.graph.leads.say(phone, "¿cuánto cuesta la batería?")
    await company.until(handed_over(company, phone, "undelivered"), "the handoff")
    await company.quiet()
    assert len(company.received(phone)) == before


async def test_an_outage_of_the_media_is_waited_out_and_holds_nothing_else_up(
    company: Company, phone: str
) -> None:
    await company.says(phone, "hola")
    no_uploads(company, times=1000)
    await company.graph.leads.say(phone, BROCHURE)

    async def tried(times: int) -> bool:
        await company.fetch(
            "UPDATE outbox SET due_at = now() WHERE state = 'requested' AND error_code = -5"
        )
        company.services.outbox.nudge()
        rows = await company.of(phone, "outbox", "message ->> 'kind' = 'document'")
        return bool(rows) and rows[0]["tries"] >= times

    await company.until(lambda: tried(8), "eight tries")
    said = [words(m) for m in company.received(phone)]
    assert sum("El archivo" in one for one in said) == 1
    await company.graph.leads.say(phone, "¿cuánto cuesta la batería?")
    await company.until(got_more(company, phone, len(said)), "an answer meanwhile")
    company.graph.faults.clear()
    await company.until(lambda: arrived(company, phone, tried), "the file")
    assert await company.of(phone, "handoffs") == []


async def test_a_file_that_fails_for_an_hour_reaches_a_person(company: Company, phone: str) -> None:
    await company.says(phone, "hola")
    no_uploads(company, times=1000)
    await company.graph.leads.say(phone, BROCHURE)

    async def given_up() -> bool:
        await company.fetch(
            "UPDATE outbox SET due_at = now(), since = now() - interval '61 minutes'"
            " WHERE state = 'requested' AND error_code = -5"
        )
        company.services.outbox.nudge()
        return await handed_over(company, phone, "undelivered")()

    await company.until(given_up, "the handoff")
    company.graph.faults.clear()
    await company.quiet()
    assert "no ha salido" in words(company.received(phone)[-1])


def no_uploads(company: Company, *, times: int = 1, code: int = 131000) -> None:
    """Let Meta refuse the next files, which it has to be given once more."""
    company.services.sender.forget_media()
    company.graph.faults.add(SendFault("no_upload", times=times, code=code))


def handed_over(company: Company, phone: str, *reasons: str) -> Condition:
    """Whether the lead had handoffs for these reasons."""

    async def condition() -> bool:
        return [row["reason"] for row in await company.of(phone, "handoffs")] == [*reasons]

    return condition


def all_seen(company: Company) -> Condition:
    """Whether everything that was given up was seen to."""

    async def condition() -> bool:
        unseen = "SELECT FROM outbox WHERE state = 'failed' AND person_at IS NULL"
        return not await company.fetch(unseen)

    return condition


def noticed(company: Company, rep: str, text: str) -> Condition:
    """Whether a rep got a notice with these words."""

    async def condition() -> bool:
        return any(text in str(message.content) for message in company.received(rep))

    return condition


def briefed(company: Company, phone: str) -> Condition:
    """Whether the brief of the lead's handoff is written."""

    async def condition() -> bool:
        return bool(await company.of(phone, "handoffs", "brief IS NOT NULL"))

    return condition


def got_more(company: Company, phone: str, before: int) -> Condition:
    """Whether more reached a phone than before."""

    async def condition() -> bool:
        return len(company.received(phone)) > before

    return condition


async def arrived(
    company: Company, phone: str, once_more: Callable[[int], Awaitable[bool]]
) -> bool:
    """Whether the file is there, after a try."""
    await once_more(0)
    return any(message.kind == "document" for message in company.received(phone))
