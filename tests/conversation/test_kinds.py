"""What the agent does with each kind of message."""

import pytest

from domain.contact import OwnPhone
from domain.messages import Buttons, ContactRequest, Inbound, InboundKind, Media, Menu
from domain.messages import heard as read_as
from domain.sentences import SENTENCES
from domain.values import LANGUAGES
from tests.conversation.conftest import MONDAY, QUALIFIED, Lead, known, read
from tests.conversation.scripted import ScriptedModel, answer

VOUCHED = OwnPhone(phone="573001112233", vouched=True, alias="a")
WORDLESS: dict[InboundKind, str] = {
    "audio": "got_audio",
    "image": "got_image",
    "video": "got_video",
    "document": "got_document",
    "unsupported": "cannot_open",
    "location": "cannot_open",
    "contacts": "cannot_open",
    "order": "cannot_open",
}


@pytest.mark.parametrize(("kind", "key"), WORDLESS.items())
@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_cannot_be_opened_is_admitted_kind_by_kind(
    lead: Lead, model: ScriptedModel, kind: InboundKind, key: str, language: str
) -> None:
    lead.memory = known("qualification", name="Ana").model_copy(update={"language": language})
    outcome = await lead.says("", kind=kind)
    assert read(outcome) == SENTENCES[key][outcome.language]
    assert outcome.language == language
    assert (outcome.decision.kind, outcome.unresolved) == ("unreadable", 1)
    assert model.requests == []


async def test_several_kinds_at_once_get_one_line(lead: Lead) -> None:
    lead.memory = known("qualification", name="Ana")
    outcome = await lead.turn(lead.message("", "audio"), lead.message("", "image"))
    assert read(outcome) == SENTENCES["cannot_open"]["es"]


async def test_three_voice_notes_in_a_row_get_a_person(lead: Lead, model: ScriptedModel) -> None:
    lead.memory = known("greeting")
    outcomes = [await lead.says("", kind="audio") for _ in range(3)]
    assert [outcome.decision.kind for outcome in outcomes] == [
        "unreadable",
        "unreadable",
        "handoff",
    ]
    last = outcomes[-1]
    assert (last.decision.reason, last.stage_after) == ("unresolved", "handoff")
    assert last.handoff
    assert last.notices
    assert SENTENCES["got_audio"]["es"] not in read(last)
    silent = await lead.says("", kind="audio")
    assert (silent.decision.kind, silent.replies) == ("silent", ())
    assert model.requests == []


async def test_a_sticker_is_met_lightly_and_counts_nothing(lead: Lead) -> None:
    lead.memory = known("qualification", name="Ana").model_copy(update={"unresolved": 2})
    outcome = await lead.says("", kind="sticker")
    assert read(outcome) == SENTENCES["got_sticker"]["es"]
    assert (outcome.decision.kind, outcome.unresolved) == ("noted", 2)
    both = await lead.turn(lead.message("", "sticker"), lead.message("", "audio"))
    assert both.decision.kind == "handoff"


async def test_words_beside_a_picture_are_answered_and_the_model_sees_both(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("qualification", name="Ana")
    outcome = await lead.says("esta es mi casa", kind="image")
    assert outcome.decision.kind == "answer"
    assert model.requests[0][-1]["content"] == "[image]\nesta es mi casa"
    await lead.turn(lead.message("", "audio"), lead.message("¿lo escuchaste?"))
    assert [m["content"] for m in model.requests[1][-2:]] == ["[audio]", "¿lo escuchaste?"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [("location", "12.25,43.9 Bar"), ("contacts", "Eva +57 300"), ("order", "3 x PANEL")],
)
async def test_what_has_words_goes_to_the_model(
    lead: Lead, model: ScriptedModel, kind: InboundKind, text: str
) -> None:
    lead.memory = known("qualification", name="Ana")
    outcome = await lead.says(text, kind=kind)
    assert outcome.decision.kind == "answer"
    assert model.requests[0][-1]["content"] == f"[{kind}]\n{text}"


def test_a_file_is_named_in_the_note() -> None:
    def note(kind: InboundKind, text: str = "", **more: object) -> str:
        message = {"id": "1", "wamid": "1", "kind": kind, "text": text, "at": MONDAY, **more}
        return read_as(Inbound.model_validate(message))

    assert note("document", media=Media(id="1", filename="plano.pdf")) == "[document: plano.pdf]"
    assert note("audio", media=Media(id="1", voice=True)) == "[voice note]"
    assert note("audio", media=Media(id="1")) == "[audio]"
    assert note("image", "mira", media=Media(id="1")) == "[image]\nmira"
    assert note("reaction", "❤️") == "[reaction: ❤️]"
    assert note("reaction") == "[reaction taken back]"
    assert note("contacts", own_phone=VOUCHED) == "[his own contact card]"
    assert note("text", "hola") == "hola"
    assert note("choice", "10:00") == "10:00"
    assert note("choice") == "[choice]"


async def test_what_stands_in_somebodys_contact_card_or_in_a_files_name_proves_nothing(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("qualification", name="Ana")
    sum_ = ("budget", "20000 USD", "20000 USD")
    model.script += [answer("Gracias.", sum_) for _ in range(4)]
    card = await lead.says("Eva 20000 USD", kind="contacts")
    plan = lead.message("", "document")
    plan = plan.model_copy(update={"media": Media(id="1", filename="20000 USD.pdf")})
    later = await lead.turn(plan, lead.message("¿lo ves?"))
    after = await lead.says("¿y ahora?")
    caption = await lead.says("tengo 20000 USD", kind="image")
    assert [o.facts_dropped for o in (card, later, after, caption)] == [1, 1, 1, 0]
    assert [fact.field for fact in caption.facts] == ["budget"]


async def test_a_reactions_emoji_is_no_word_of_the_leads(lead: Lead, model: ScriptedModel) -> None:
    lead.memory = known("qualification", name="Ana")
    outcome = await lead.turn(lead.message("👎", "reaction"), lead.message("", "audio"))
    assert read(outcome) == SENTENCES["got_audio"]["es"]
    assert model.requests == []


async def test_a_quote_of_any_age_stands_on_one_line_above_the_reply(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = known("qualification", name="Ana")
    words = "¿Cuál te queda bien?\n[mar 24 nov 10:00] | [mié 25 nov 11:00]"
    reply = lead.message("el primero").model_copy(update={"quoted": "x", "quoted_text": words})
    await lead.turn(reply)
    assert model.requests[0][-1]["content"] == (
        "> ¿Cuál te queda bien? [mar 24 nov 10:00] | [mié 25 nov 11:00]\nel primero"
    )


async def test_the_ad_that_brought_the_lead_reaches_the_model(
    lead: Lead, model: ScriptedModel
) -> None:
    lead.memory = lead.memory.model_copy(update={"referral": "Paneles a mitad de precio"})
    await lead.says("hola")
    assert '"came_from_ad":"Paneles a mitad de precio"' in str(model.requests[0][1]["content"])


LAST_FACT = answer("Perfecto.", ("timeline", "enero", "enero"))
ALL_BUT_ONE = {name: value for name, value in QUALIFIED.items() if name != "timeline"}


async def entering_scheduling(lead: Lead, model: ScriptedModel, phone: str) -> list[object]:
    """What a lead gets with the times, when this is known of his number."""
    qualified = known("qualification", **ALL_BUT_ONE)
    lead.memory = qualified.model_copy(update={"phone": phone})
    model.script = [LAST_FACT]
    return [type(reply) for reply in (await lead.says("para enero")).replies]


async def test_a_lead_without_a_number_is_asked_for_it_above_the_times(
    lead: Lead, model: ScriptedModel
) -> None:
    request, times = await entering_scheduling(lead, model, "unknown")
    assert request is ContactRequest
    assert times in (Buttons, Menu)


@pytest.mark.parametrize("phone", ["known", "asked"])
async def test_a_lead_is_not_asked_for_a_number_twice(
    lead: Lead, model: ScriptedModel, phone: str
) -> None:
    assert ContactRequest not in await entering_scheduling(lead, model, phone)


async def test_a_shared_number_is_thanked_for_and_the_times_stand_again(
    lead: Lead, model: ScriptedModel
) -> None:
    await entering_scheduling(lead, model, "unknown")
    card = lead.message("", "contacts").model_copy(update={"own_phone": VOUCHED})
    asked = len(model.requests)
    outcome = await lead.turn(card)
    assert (outcome.decision.kind, outcome.unresolved) == ("noted", 0)
    assert outcome.replies[0].plain()["body"] == SENTENCES["got_phone"]["es"]
    assert isinstance(outcome.replies[1], Buttons | Menu)
    assert len(model.requests) == asked


async def test_a_number_shared_early_is_thanked_for_alone(lead: Lead) -> None:
    lead.memory = known("qualification", name="Ana")
    card = lead.message("", "contacts").model_copy(update={"own_phone": VOUCHED})
    assert read(await lead.turn(card)) == SENTENCES["got_phone"]["es"]
