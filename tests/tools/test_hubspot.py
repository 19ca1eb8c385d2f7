"""HubSpot, against the strict stand-in: nothing is doubled by a repeat, nothing of a rep undone."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain import bant
from domain.errors import EventRefused, SinkBusy, SinkFailed, SinkTroubled
from domain.lead import Fact, FactField, Facts
from domain.sync import LeadRecord, Refs, SyncEvent
from domain.values import Plain
from sandbox.hubspot_api import HubSpotApi as StandIn
from tests.tools.calendar_server import serving
from tools.hubspot import HubSpotSink, missing
from tools.hubspot_api import HubSpotApi

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
CONTACT = str(uuid4())
BOOKING = {"booking": {"start": "2026-03-03T15:00:00+00:00", "rep": "luz", "link": "https://m/1"}}
HANDOFF = {"handoff": {"reason": "asked", "rep": "luz"}}


def fact(field: FactField, value: str | None) -> Fact:
    return Fact(field=field, value=value, quote=f"«{value}» & more", message_id="m", at=AT)


def lead(*facts: Fact, phone: str | None = "573001112233", **changes: object) -> LeadRecord:
    known: Facts = {one.field: one for one in facts}
    usual: dict[str, object] = {
        "phone": phone, "profile_name": "Ana", "facts": facts, "score": bant.score(known),
        "stage": "qualification",
    }  # fmt: skip
    return LeadRecord.model_validate(usual | changes)


def event(kind: str, about: LeadRecord | None, **changes: object) -> SyncEvent:
    usual: dict[str, object] = {
        "id": str(uuid4()), "contact_id": CONTACT, "kind": kind, "at": AT, "data": {},
        "lead": about,
    }  # fmt: skip
    return SyncEvent.model_validate(usual | changes)


@pytest.fixture
def hubspot() -> StandIn:
    return StandIn()


@pytest.fixture
async def api(hubspot: StandIn) -> AsyncIterator[HubSpotApi]:
    async with serving(hubspot.app) as url:
        client = HubSpotApi("token", url, per_second=1000)
        yield client
        await client.close()


@pytest.fixture
def sink(api: HubSpotApi) -> HubSpotSink:
    return HubSpotSink(api)


def only(hubspot: StandIn, kind: str) -> dict[str, Any]:
    [one] = hubspot.objects.all(kind)
    return one


async def test_a_lead_becomes_a_contact_with_his_facts_and_their_proof(
    sink: HubSpotSink, hubspot: StandIn
) -> None:
    refs: Refs = {}
    about = lead(fact("name", "Ana Ruiz"), fact("budget", "20 mil"), fact("authority", None))
    await sink.deliver(event("lead.created", about), refs)
    contact = only(hubspot, "contacts")
    assert refs == {"contact": contact["id"]}
    assert contact["whatsapp_id"] == contact["phone"] == "+573001112233"
    assert (contact["firstname"], contact["vendedor_score"]) == ("Ana Ruiz", "25")
    assert "budget: 20 mil (“«20 mil» & more”)" in contact["vendedor_facts"]
    assert "authority: declined" in contact["vendedor_facts"]


async def test_an_update_leaves_alone_what_a_rep_corrected(
    sink: HubSpotSink, hubspot: StandIn
) -> None:
    refs: Refs = {}
    await sink.deliver(event("lead.created", lead(fact("name", "Ana"))), refs)
    hubspot.objects.update("contacts", refs["contact"], {"firstname": "Ana María"})
    about = lead(fact("name", "Ana"), fact("company", "Acme"), stage="scheduling")
    changed = {"changed": ["company", "stage"]}
    await sink.deliver(event("lead.updated", about, data=changed), refs)
    contact = only(hubspot, "contacts")
    assert contact["firstname"] == "Ana María"
    assert (contact["company"], contact["vendedor_stage"]) == ("Acme", "scheduling")


async def test_a_lead_who_gets_another_number_stays_one_contact(
    sink: HubSpotSink, hubspot: StandIn
) -> None:
    refs: Refs = {}
    await sink.deliver(event("lead.created", lead(phone=None, bsuid="CO.77")), refs)
    await sink.deliver(event("lead.updated", lead(bsuid="CO.77")), refs)
    assert only(hubspot, "contacts")["whatsapp_id"] == "+573001112233"


async def test_a_contact_that_was_deleted_there_is_made_again(
    sink: HubSpotSink, hubspot: StandIn
) -> None:
    refs: Refs = {}
    await sink.deliver(event("lead.created", lead()), refs)
    hubspot.objects.delete("contacts", refs["contact"])
    await sink.deliver(event("lead.updated", lead()), refs)
    assert only(hubspot, "contacts")["id"] == refs["contact"]


@pytest.mark.parametrize("email", ["taken@acme.example", "no address"])
async def test_an_email_that_hubspot_will_not_have_stops_nothing(
    sink: HubSpotSink, hubspot: StandIn, email: str
) -> None:
    hubspot.objects.create("contacts", {"properties": {"email": "taken@acme.example"}})
    refs: Refs = {}
    await sink.deliver(event("lead.created", lead(fact("email", email))), refs)
    first = dict(refs)
    await sink.deliver(
        event("lead.updated", lead(fact("email", email)), data={"changed": ["email"]}), refs
    )
    assert refs == first
    other, contact = hubspot.objects.all("contacts")
    assert "whatsapp_id" not in other
    assert "email" not in contact


async def test_a_call_opens_one_deal_and_leaves_a_note(sink: HubSpotSink, hubspot: StandIn) -> None:
    refs: Refs = {}
    about = lead(fact("company", "Acme"))
    await sink.deliver(event("lead.qualified", about), refs)
    await sink.deliver(event("booking.confirmed", about, data=BOOKING), refs)
    deal, contact, note = (only(hubspot, kind) for kind in ("deals", "contacts", "notes"))
    assert (deal["vendedor_id"], deal["dealname"]) == (CONTACT, "Acme (WhatsApp)")
    assert "2026-03-03T15:00:00+00:00 with luz" in note["hs_note_body"]
    assert hubspot.objects.links == {
        (("deals", deal["id"]), ("contacts", contact["id"]), 3),
        (("notes", note["id"]), ("contacts", contact["id"]), 202),
    }


async def test_a_repeat_after_a_lost_answer_doubles_nothing(
    sink: HubSpotSink, hubspot: StandIn
) -> None:
    about = lead()
    first = event("booking.confirmed", about, data=BOOKING)
    await sink.deliver(first, {})
    await sink.deliver(first.model_copy(update={"repeated": True}), {})
    assert [len(hubspot.objects.all(kind)) for kind in ("contacts", "deals", "notes")] == [1, 1, 1]


async def test_a_handoff_leaves_a_note_that_no_quote_can_break(
    sink: HubSpotSink, hubspot: StandIn
) -> None:
    about = lead(fact("need", "<script>alert(1)</script>"))
    await sink.deliver(event("handoff.requested", about, data=HANDOFF), {})
    body = only(hubspot, "notes")["hs_note_body"]
    assert "A person is wanted (asked), assigned to luz" in body
    assert "<script>" not in body


async def test_an_erased_lead_is_erased_there_with_deal_and_notes(
    sink: HubSpotSink, hubspot: StandIn
) -> None:
    refs: Refs = {}
    await sink.deliver(event("booking.confirmed", lead(), data=BOOKING), refs)
    for _ in range(2):
        await sink.deliver(event("lead.erased", None), refs)
    assert refs == {}
    assert [hubspot.objects.all(kind) for kind in ("contacts", "deals", "notes")] == [[], [], []]


async def test_of_a_lead_who_was_erased_meanwhile_nothing_is_told(
    sink: HubSpotSink, hubspot: StandIn
) -> None:
    await sink.deliver(event("lead.updated", None), {})
    assert hubspot.requests == []


async def test_the_limit_is_honoured(sink: HubSpotSink, hubspot: StandIn) -> None:
    hubspot.busy_until = monotonic() + 60
    with pytest.raises(SinkBusy) as caught:
        await sink.deliver(event("lead.created", lead()), {})
    assert 58 <= caught.value.seconds <= 60


async def test_what_is_missing_is_troubling_and_named_by_the_doctor(
    sink: HubSpotSink, api: HubSpotApi, hubspot: StandIn
) -> None:
    assert await missing(api) == []
    del hubspot.objects.properties["contacts"]["vendedor_stage"]
    hubspot.objects.properties["deals"]["vendedor_id"] = False
    with pytest.raises(SinkTroubled, match="doctor"):
        await sink.deliver(event("lead.created", lead()), {})
    assert await missing(api) == [
        "HubSpot has no property vendedor_stage (string) of contacts: create it",
        "HubSpot's property vendedor_id of deals must have unique values",
    ]


async def test_a_refused_token_is_trouble_and_an_outage_passes(
    sink: HubSpotSink, hubspot: StandIn
) -> None:
    async with serving(hubspot.app) as url:
        refused = HubSpotApi("bad", url)
        with pytest.raises(SinkTroubled, match="HUBSPOT_TOKEN"):
            await HubSpotSink(refused).deliver(event("lead.created", lead()), {})
        await refused.close()
    hubspot.down = True
    with pytest.raises(SinkFailed, match="502"):
        await sink.deliver(event("lead.created", lead()), {})


async def test_what_hubspot_refuses_is_told_by_its_code_alone(
    api: HubSpotApi, hubspot: StandIn
) -> None:
    hubspot.objects.properties["deals"]["vendedor_id"] = False
    with pytest.raises(EventRefused, match="VALIDATION_ERROR") as caught:
        await HubSpotSink(api).deliver(event("lead.qualified", lead()), {})
    assert "573001112233" not in str(caught.value)


async def test_the_stand_in_has_hubspots_limit_and_its_strictness() -> None:
    now = [0.0]
    strict = StandIn(limit=2, clock=lambda: now[0])
    async with serving(strict.app) as url:
        client = HubSpotApi("token", url, per_second=1000)
        for _ in range(2):
            await client.call("GET", "/crm/v3/properties/deals")
        with pytest.raises(SinkBusy) as caught:
            await client.call("GET", "/crm/v3/properties/deals")
        assert caught.value.seconds == timedelta(seconds=10).total_seconds()
        now[0] = 10.5
        no_property: Plain = {"inputs": [{"id": "+57300", "properties": {}}]}
        with pytest.raises(EventRefused, match="VALIDATION_ERROR"):
            await client.call("POST", "/crm/v3/objects/contacts/batch/upsert", no_property)
        await client.close()


@pytest.mark.parametrize(
    "said", ["{}", '{"id": null}', '{"results": [{}]}', '{"results": null}', "[1]", "<html>"]
)
async def test_an_answer_of_another_form_is_tried_again(said: str) -> None:
    """A proxy's page or a wrong HUBSPOT_API_URL must not end the worker."""

    async def strange(_: Request) -> Response:
        return Response(said, media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", strange, methods=["GET", "POST", "PATCH"])])
    async with serving(app) as url, AsyncExitStack() as stack:
        api = HubSpotApi("token", url, per_second=1000)
        stack.push_async_callback(api.close)
        refs: Refs
        for refs in ({}, {"contact": "1"}):
            with pytest.raises(SinkFailed, match="form"):
                await HubSpotSink(api).deliver(event("lead.created", lead()), refs)
        with pytest.raises(SinkFailed, match="form"):
            await missing(api)
