"""Times at which a call can take place."""

from datetime import datetime

from domain.values import Value


class Slot(Value):
    """One offered time: `id` names it in buttons and in the model's answer. Times carry a zone."""

    id: str
    rep: str
    start: datetime
    end: datetime


class Booking(Value):
    """A call that is in the calendar."""

    id: str
    rep: str
    start: datetime
    end: datetime
    link: str | None = None
