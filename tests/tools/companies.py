from datetime import UTC, datetime, time
from typing import get_args

from domain.business import Business, CallRules, HandoffTemplate, Hours, Rep, Weekday

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)
"""Monday, eight o'clock in Bogota."""


def acme(**rules: int) -> Business:
    """Two reps who work from nine to five in Bogota, every day."""
    return Business(
        company="Acme",
        about="",
        tone="",
        timezone="America/Bogota",
        language="es",
        privacy_url="https://acme.example/privacy",
        currency="USD",
        hours=tuple(Hours(day=day, opens=time(9), closes=time(17)) for day in get_args(Weekday)),
        call=CallRules(**rules),
        reps=tuple(
            Rep(id=rep, name=rep, phone="+573001112233", calendar=f"{rep}@acme.example")
            for rep in ("ana", "luis")
        ),
        handoff_template=HandoffTemplate(name="handoff", language="es"),
    )
