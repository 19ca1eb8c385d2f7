"""The company that the agent sells for, as its business folder describes it."""

from datetime import time
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from domain.values import Language, Value

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Hours(Value):
    """Working hours of one weekday, in the company's time zone."""

    day: Weekday
    opens: time
    closes: time


class Rep(Value):
    """A salesperson. `phone` is E.164 with +; `calendar` is a Google calendar id."""

    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    name: str
    phone: str = Field(pattern=r"^\+[1-9]\d{6,14}$")
    calendar: str


class Price(Value):
    """One line of the price table; the agent names no other amount."""

    item: str
    amount: Decimal = Field(ge=0)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    unit: str = ""


class Document(Value):
    """A file that may be sent to a lead. `file` is relative to the folder's `documents/`."""

    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    file: str
    title: str
    about: str

    @property
    def filename(self) -> str:
        """What the lead sees."""
        return self.file.rsplit("/", 1)[-1]


class CallRules(Value):
    """When and how long a sales call may be. Lengths in minutes, notice in hours."""

    minutes: int = Field(default=30, ge=10, le=240)
    step_minutes: int = Field(default=30, ge=5, le=240)
    notice_hours: int = Field(default=2, ge=0, le=168)
    horizon_days: int = Field(default=14, ge=1, le=60)


class HandoffTemplate(Value):
    """The approved utility template that tells a rep of a handoff.

    Its body takes four parameters: lead's name, lead's phone, reason, what is known.
    """

    name: str = Field(pattern=r"^[a-z0-9_]{1,512}$")
    language: str = Field(pattern=r"^[a-z]{2}(_[A-Z]{2})?$")


class Section(Value):
    """One heading of the knowledge folder with its text, in Markdown."""

    title: str
    body: str


class Business(Value):
    """The whole folder, checked."""

    company: str
    about: str
    tone: str
    timezone: str
    language: Language
    privacy_url: str = Field(pattern=r"^https://")
    links: tuple[str, ...] = ()
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    hours: tuple[Hours, ...] = Field(min_length=1)
    call: CallRules = CallRules()
    reps: tuple[Rep, ...] = Field(min_length=1)
    prices: tuple[Price, ...] = ()
    documents: tuple[Document, ...] = ()
    handoff_template: HandoffTemplate
    knowledge: tuple[Section, ...] = ()
    files: str = ""
    """Absolute path of the folder's `documents/`."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError) as error:  # an unknown name, or a folder of names
            raise ValueError("no such time zone") from error
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def rep(self, rep_id: str) -> Rep:
        """Raises KeyError when there is no such rep (one who left, say)."""
        return {rep.id: rep for rep in self.reps}[rep_id]

    def rep_name(self, rep_id: str) -> str:
        """How the lead knows the rep; the company's name for one who left."""
        return next((rep.name for rep in self.reps if rep.id == rep_id), self.company)

    def document(self, document_id: str) -> Document | None:
        return next((doc for doc in self.documents if doc.id == document_id), None)
