"""What is said when a rep changes a booked call in his calendar: to the lead, and to the rep.

A lead whose window is closed is reached by a template only, one who said STOP not at all.
"""

from collections.abc import Sequence
from datetime import datetime

from domain.bookings import Written
from domain.business import Business, TemplatePurpose
from domain.calendar_watch import Call, Saying
from domain.contact import Address
from domain.messages import Outbound, Text
from domain.values import Language
from domain.window import is_open
from domain.wording import moment, say


class CalendarWords:
    """The sentences and templates of one company."""

    def __init__(self, business: Business) -> None:
        self._business = business

    def moved(self, call: Call, written: Written, now: datetime) -> Sequence[Saying]:
        """To the lead: when his call is now."""
        return self._to_lead(call, "call_moved", written.start, now, written.link or call.row.link)

    def called_off(self, call: Call, now: datetime) -> Sequence[Saying]:
        """To the lead: his call is off."""
        return self._to_lead(call, "call_cancelled", call.row.place.start, now)

    def astray(self, call: Call) -> Sequence[Saying]:
        """To the rep: the call cannot be where he put its event; the lead expects the old time."""
        return self._to_rep(call)

    def clash(self, call: Call) -> Sequence[Saying]:
        """To the rep: something of his own lies over the call."""
        return self._to_rep(call)

    def _to_lead(
        self,
        call: Call,
        purpose: TemplatePurpose,
        at: datetime,
        now: datetime,
        link: str | None = None,
    ) -> Sequence[Saying]:
        if call.opted_out or call.unreachable or not call.address.identifiers:
            return ()
        language: Language = call.language or self._business.language
        zone = call.timezone or self._business.timezone
        when, rep = moment(at, zone, language), self._business.rep_name(call.row.place.rep)
        message: Outbound | None = None
        if is_open(call.last_inbound_at, now):
            message = Text(body=say(language, purpose, when=when, rep=rep, link=link or ""))
        elif template := self._business.templates.get(purpose):
            message = template.filled(language, when, rep)
        return (Saying(to=call.address, message=message, spoken=True),) if message else ()

    def _to_rep(self, call: Call) -> Sequence[Saying]:
        business, place = self._business, call.row.place
        template = business.templates.get("rep_clash")
        reps = {rep.id: rep.phone for rep in business.reps}
        if template is None or place.rep not in reps:
            return ()
        message = template.filled(
            business.language, moment(place.start, business.timezone, business.language)
        )
        to = Address(phone=reps[place.rep].removeprefix("+"))
        return (Saying(to=to, message=message, spoken=False),)
