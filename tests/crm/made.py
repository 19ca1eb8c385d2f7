"""Turns of a made-up lead, for the tests of what the CRM keeps."""

from datetime import UTC, datetime, timedelta

from crm.pool import Pool
from crm.turns import commit
from domain.contact import Address
from domain.lead import Fact, FactField
from domain.messages import Inbound, Template, Text
from domain.turn import Batch, Decision, Handoff, Notice, Outcome

ANA = "7d9f0a52-6c1e-5b7e-9d9a-0d8f6c1e5b7e"
BOB = "0b0b0a52-6c1e-5b7e-9d9a-0d8f6c1e5b7e"
ADDRESS = Address(phone="5215512345678", bsuid="MX.123")
REPS = {"luz": "+525598765432", "max": "+525587654321"}
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def inbound(name: str, text: str = "hola", minute: int = 0) -> Inbound:
    at = START + timedelta(minutes=minute)
    return Inbound(id=name, wamid=f"wamid.{name}", kind="text", text=text, at=at)


def batch(turn_id: str, *messages: Inbound, contact_id: str = ANA) -> Batch:
    return Batch(
        contact_id=contact_id, turn_id=turn_id, messages=messages or (inbound(f"{turn_id}-in"),)
    )


def outcome(turn_id: str, **changes: object) -> Outcome:
    """An answered turn in greeting, unless told otherwise."""
    usual: dict[str, object] = {
        "stage_before": "greeting",
        "stage_after": "greeting",
        "language": "es",
        "decision": Decision(kind="answer", confidence=0.9),
        "replies": (Text(body=f"reply of {turn_id}"),),
    }
    return Outcome.model_validate({"turn_id": turn_id, **usual, **changes})


def fact(field: FactField, value: str | None, minute: int = 0) -> Fact:
    at = START + timedelta(minutes=minute)
    return Fact(field=field, value=value, quote=f"quote of {value}", message_id="m1", at=at)


def handed_over(turn_id: str) -> Outcome:
    """A turn in which the lead asks for a person."""
    return outcome(
        turn_id,
        stage_before="qualification",
        stage_after="handoff",
        decision=Decision(kind="handoff", reason="asked", signals={"wants_human": True}),
        handoff=Handoff(id=f"handoff-{turn_id}", reason="asked", rep="luz", at=START),
        notices=(Notice(rep="luz", message=Template(name="handoff", language="es")),),
    )


async def committed(pool: Pool, turn_id: str, *, contact_id: str = ANA, **changes: object) -> None:
    """Commit one turn of one message."""
    assert await commit(
        pool,
        batch(turn_id, contact_id=contact_id),
        ADDRESS,
        outcome(turn_id, **changes),
        reps=REPS,
    )
