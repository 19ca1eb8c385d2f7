"""What a rep is told of a lead who is handed to him."""

from domain.business import Business
from domain.lead import Facts
from domain.messages import Template
from domain.triggers import HandoffReason
from domain.wording import facts_line, reason_line

PHONE = "{phone}"
LINK = "{link}"
"""Stand for the lead's number and the rep's link, where what is written does not know them."""

_UNKNOWN = "-"


def handoff_notice(
    business: Business,
    *,
    name: str,
    reason: HandoffReason,
    facts: Facts,
    phone: str | None = PHONE,
    link: str | None = LINK,
) -> Template:
    """The template, in the company's language. `name` is that of the lead's profile."""
    template, language = business.handoff_template, business.language
    said = facts["name"].value if "name" in facts else None
    params = (
        said or name or _UNKNOWN,
        phone or _UNKNOWN,
        reason_line(reason, language),
        facts_line(facts, language) or _UNKNOWN,
        *((link or _UNKNOWN,) if template.link else ()),
    )
    return Template(name=template.name, language=template.language, params=params)


def filled(template: Template, *, phone: str | None, link: str | None) -> Template:
    """The template with the lead's number (+ and digits) and the link; None unknown."""
    known = {PHONE: phone or _UNKNOWN, LINK: link or _UNKNOWN}
    params = tuple(known.get(param, param) for param in template.params)
    return template.model_copy(update={"params": params})
