"""The company that the agent sells for, as its business folder describes it."""

import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from domain.messages import Template
from domain.values import Language, Value

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""As `date.weekday()` counts them."""


_WORDS = re.compile(r"[^\W_]+")


class Hours(Value):
    """Working hours of one weekday, in the company's time zone."""

    day: Weekday
    opens: time
    closes: time


class Absence(Value):
    """Days on which a rep takes no calls, the last one included."""

    first: date
    last: date


class Person(Value):
    """Somebody of the company who can talk to leads. `phone` is E.164 with +.

    Without `hours` of his own those of the company hold.
    """

    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    name: str
    phone: str = Field(pattern=r"^\+[1-9]\d{6,14}$")
    hours: tuple[Hours, ...] = ()
    absences: tuple[Absence, ...] = ()


class Rep(Person):
    """A salesperson, who also takes calls. `calendar` is a Google calendar id.

    Without `max_per_day` of his own that of the company holds.
    """

    calendar: str
    max_per_day: int | None = Field(default=None, ge=1, le=50)


class Manager(Person):
    """Who is told of a lead whom no rep took; he gets no calls."""

    id: str = Field(default="manager", pattern=r"^[a-z0-9_-]+$")


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

    def is_called(self, name: str) -> bool:
        """Whether all words of a name stand in what the document is called."""
        own = _WORDS.findall(f"{self.id} {self.title} {self.file} {self.about}".casefold())
        words = _WORDS.findall(name.casefold())
        return bool(words) and set(words) <= set(own)


class Holidays(Value):
    """Where the company rests: a country by its two letters, and the code of a part of it."""

    country: str = Field(pattern=r"^[A-Z]{2}$")
    subdivision: str | None = None


Buffers = tuple[timedelta, timedelta]
"""Before and after a call."""


class CallRules(Value):
    """When and how long a sales call may be. Lengths and buffers in minutes, notice in hours.

    A buffer is a time next to a call in which the rep has no other appointment; it may lie outside
    of his hours. `max_per_day` is a rep's.
    """

    minutes: int = Field(default=30, ge=10, le=240)
    step_minutes: int = Field(default=30, ge=5, le=240)
    notice_hours: int = Field(default=2, ge=0, le=168)
    horizon_days: int = Field(default=14, ge=1, le=60)
    buffer_before: int = Field(default=0, ge=0, le=240)
    buffer_after: int = Field(default=0, ge=0, le=240)
    max_per_day: int | None = Field(default=None, ge=1, le=50)

    @property
    def buffers(self) -> Buffers:
        return timedelta(minutes=self.buffer_before), timedelta(minutes=self.buffer_after)


_TEMPLATE_NAME = r"^[a-z0-9_]{1,512}$"
_TEMPLATE_LANGUAGE = r"^[a-z]{2}(_[A-Z]{2})?$"

TemplatePurpose = Literal[
    "reopen", "day_before", "hour_before", "silence", "no_show", "call_moved", "call_cancelled",
    "rep_clash",
]  # fmt: skip
PARAMETERS: dict[TemplatePurpose, tuple[str, ...]] = {
    "reopen": (),
    "day_before": ("when", "rep"),
    "hour_before": ("when", "rep"),
    "silence": (),
    "no_show": (),
    "call_moved": ("when", "rep"),
    "call_cancelled": ("when", "rep"),
    "rep_clash": ("when",),
}
"""What the body of a template takes, in order; `rep_clash` goes to the rep, all else to leads."""


class HandoffTemplate(Value):
    """The approved utility template that tells a rep of a handoff.

    Its body takes four parameters: lead's name, lead's phone, reason, what is known; with `link` a
    fifth, the address of the handoff's page. `fallback` is another one like it, sent while Meta has
    stopped the first.
    """

    name: str = Field(pattern=_TEMPLATE_NAME)
    language: str = Field(pattern=_TEMPLATE_LANGUAGE)
    link: bool = False
    fallback: str | None = Field(default=None, pattern=_TEMPLATE_NAME)

    @property
    def parameters(self) -> int:
        return 5 if self.link else 4


class LeadTemplate(Value):
    """An approved template for one purpose, in each of `languages`; the first is for all others.

    `fallback` is another one with the same languages and parameters.
    """

    name: str = Field(pattern=_TEMPLATE_NAME)
    languages: tuple[Annotated[str, Field(pattern=_TEMPLATE_LANGUAGE)], ...] = Field(min_length=1)
    marketing: bool = False
    fallback: str | None = Field(default=None, pattern=_TEMPLATE_NAME)

    def filled(self, language: Language | None, *params: str) -> Template:
        """The message to a lead of that language."""
        spoken = (code for code in self.languages if code[:2] == language)
        code = next(spoken, self.languages[0])
        return Template(name=self.name, language=code, params=params, marketing=self.marketing)


class NamedTemplate(Value):
    """One template in one language that must stand approved at Meta."""

    purpose: str
    name: str
    language: str
    parameters: int
    marketing: bool = False


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
    holidays: Holidays | None = None
    call: CallRules = CallRules()
    reps: tuple[Rep, ...] = Field(min_length=1)
    manager: Manager | None = None
    prices: tuple[Price, ...] = ()
    documents: tuple[Document, ...] = ()
    handoff_template: HandoffTemplate
    templates: dict[TemplatePurpose, LeadTemplate] = Field(
        default_factory=dict[TemplatePurpose, LeadTemplate]
    )
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

    @property
    def people(self) -> dict[str, Person]:
        """Everybody who may get a handoff, by id: the reps, and the manager at the end."""
        everybody = (*self.reps, *((self.manager,) if self.manager else ()))
        return {person.id: person for person in everybody}

    def rep_name(self, rep_id: str) -> str:
        """How the lead knows the rep; the company's name for one who left."""
        known = self.people.get(rep_id)
        return known.name if known else self.company

    def hours_of(self, person: Person) -> tuple[Hours, ...]:
        return person.hours or self.hours

    def cap_of(self, rep_id: str) -> int | None:
        """How many calls a day the rep takes; None for any number."""
        return self.rep(rep_id).max_per_day or self.call.max_per_day

    def document(self, document_id: str) -> Document | None:
        """By its id, or by a word that stands in the name of one alone, as a model may write it."""
        exact = (doc for doc in self.documents if doc.id == document_id)
        named = [doc for doc in self.documents if doc.is_called(document_id)]
        return next(exact, named[0] if len(named) == 1 else None)

    @property
    def fallbacks(self) -> dict[str, str]:
        """Which template stands in for which, by name."""
        named = (self.handoff_template, *self.templates.values())
        return {template.name: template.fallback for template in named if template.fallback}

    def named_templates(self) -> Iterator[NamedTemplate]:
        """Every template that may be sent, in each of its languages."""
        handoff = self.handoff_template
        for name in filter(None, (handoff.name, handoff.fallback)):
            yield NamedTemplate(
                purpose="handoff",
                name=name,
                language=handoff.language,
                parameters=handoff.parameters,
            )
        for purpose, template in self.templates.items():
            for name in filter(None, (template.name, template.fallback)):
                for language in template.languages:
                    yield NamedTemplate(
                        purpose=purpose,
                        name=name,
                        language=language,
                        parameters=len(PARAMETERS[purpose]),
                        marketing=template.marketing,
                    )
