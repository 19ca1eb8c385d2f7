"""The page of one handoff as HTML: who the lead is, why he waits, and what the rep may do.

No script, and nothing that is loaded from anywhere; every text is escaped.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from crm.handoff_acts import Act
from crm.handoffs import Case
from domain.business import Business
from domain.handoff_words import WORDS
from domain.lead import BANT, FactField, Facts
from domain.sentences import SENTENCES
from domain.wording import day_and_hour, reason_line, say

_ASKED_FOR: tuple[FactField, ...] = ("name", *BANT)

STYLE = """
:root{color-scheme:light dark;font:17px/1.45 system-ui,sans-serif}
body{max-width:38rem;margin:0 auto;padding:1rem}
h1{font-size:1.35rem;margin:.2rem 0}h2{font-size:1rem;margin:1.4rem 0 .3rem;opacity:.75}
p,dd{margin:.2rem 0}dd{margin-left:0}dt{font-weight:600;margin-top:.5rem}
q{opacity:.8}.state{padding:.6rem .8rem;border-left:.3rem solid #178a5a;background:#178a5a1f}
.brief{white-space:pre-wrap}form{display:grid;gap:.6rem;margin:1rem 0}
button{font:inherit;padding:.8rem;border:1px solid #888;border-radius:.6rem;background:none;
color:inherit}button.first{background:#178a5a;border-color:#178a5a;color:#fff;font-weight:600}
.said{margin:.35rem 0;overflow-wrap:anywhere;white-space:pre-wrap}.said b{opacity:.7}
"""

STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"""What the content security policy allows."""


@dataclass(frozen=True, slots=True)
class View:
    """A handoff as `rep` may see it. `done`: what he did with it so far."""

    business: Business
    case: Case
    facts: Facts
    rep: str
    done: frozenset[Act]
    form: str

    def word(self, key: str, **values: str) -> str:
        return WORDS[key][self.business.language].format(**values)

    @property
    def state(self) -> str:
        """A key of the words."""
        case = self.case
        if case.unclaimed_at:
            return "unclaimed"
        if case.released_at:
            return "over"
        mine = case.rep == self.rep
        if case.claimed_at:
            return "yours" if mine else "taken"
        return "waits_for_you" if mine else "waits_for"

    @property
    def acts(self) -> tuple[Act, ...]:
        """What he may do now, the likeliest first."""
        wanted: dict[str, tuple[Act, ...]] = {
            "waits_for_you": ("claim", "spoke", "snooze", "give_back"),
            "waits_for": ("claim", "spoke"),
            "unclaimed": ("claim",),
            "yours": ("give_back",) if self.case.first_word_at else ("spoke", "give_back"),
        }
        return tuple(act for act in wanted.get(self.state, ()) if act not in self.done)


def page(view: View) -> str:
    """The whole page. Who has no part in it any more sees nothing of the lead."""
    word, who = view.word, escape(view.business.rep_name(view.case.rep))
    parts = [f'<p class="state">{word(view.state, rep=who)}</p>', _buttons(view, view.acts)]
    if view.state not in ("over", "taken"):
        parts = [_head(view), *parts, *_about(view)]
    if "needed" not in view.done and "not_needed" not in view.done:
        parts += [f"<h2>{word('was_it_needed')}</h2>", _buttons(view, ("needed", "not_needed"))]
    return _document(view.business, "".join(parts))


def notice(business: Business, key: str) -> str:
    """A page that says one thing."""
    return _document(business, f"<p>{WORDS[key][business.language]}</p>")


def _document(business: Business, body: str) -> str:
    return (
        f'<!doctype html><html lang="{business.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex">'
        '<meta name="format-detection" content="telephone=no">'
        f"<title>{escape(business.company)}</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )


def _buttons(view: View, acts: tuple[Act, ...]) -> str:
    if not acts:
        return ""
    first = ' class="first"'
    buttons = "".join(
        f'<button name="act" value="{act}"{first if act == "claim" else ""}>'
        f"{view.word(act)}</button>"
        for act in acts
    )
    hidden = f'<input type="hidden" name="form" value="{view.form}">'
    return f'<form method="post">{hidden}{buttons}</form>'


def _head(view: View) -> str:
    case = view.case
    said = view.facts["name"].value if "name" in view.facts else None
    name = escape(said or case.profile_name or "-")
    number = escape(case.phone or "")
    chat = f'<p><a href="https://wa.me/{number}">+{number}</a></p>' if number else ""
    return f"<h1>{name}</h1>{chat}"


def _about(view: View) -> Iterator[str]:
    language, case = view.business.language, view.case
    yield f"<h2>{view.word('why')}</h2><p>{escape(reason_line(case.reason, language))}</p>"
    if case.brief:
        yield f'<h2>{view.word("brief")}</h2><p class="brief">{escape(case.brief)}</p>'
    if view.facts:
        yield f"<h2>{view.word('known')}</h2><dl>{''.join(_facts(view))}</dl>"
    if unknown := [_field(view, field) for field in _ASKED_FOR if field not in view.facts]:
        yield f"<h2>{view.word('open')}</h2><p>{', '.join(unknown)}</p>"
    yield f"<h2>{view.word('last_messages')}</h2>{''.join(_said(view))}"


def _facts(view: View) -> Iterator[str]:
    for field, fact in view.facts.items():
        value = fact.value or say(view.business.language, "declined")
        quote = f" <q>{escape(fact.quote)}</q>" if fact.quote else ""
        yield f"<dt>{_field(view, field)}</dt><dd>{escape(value)}{quote}</dd>"


def _field(view: View, field: FactField) -> str:
    words = SENTENCES.get(field)
    return escape(words[view.business.language] if words else field)


def _said(view: View) -> Iterator[str]:
    business = view.business
    for line in view.case.messages:
        when = day_and_hour(line.at, business.timezone, business.language)
        who = f"{view.word(f'by_{line.direction}')}, {when}"
        if line.id in view.case.not_delivered:
            who += f" ({view.word('not_delivered')})"
        yield f'<p class="said"><b>{escape(who)}</b>\n{escape(line.text or f"[{line.kind}]")}</p>'
