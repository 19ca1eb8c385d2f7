"""The report for the terminal and for programs."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from domain.report import (
    PRICED,
    Price,
    Report,
    Spent,
    Spread,
    Step,
    money,
    per,
    percent,
    total,
)
from domain.values import Plain

UNKNOWN = "–"
PRICES_NOTE = f"Prices: {PRICED}; or MODEL_PRICES"

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
_STEPS = {
    "contacts": "wrote",
    "qualification": "in qualification",
    "scheduling": "offered a call",
    "booked": "call booked",
    "held": "call held",
}
_PURPOSES = {"answer": "answers", "summary": "summaries", "brief": "briefs"}


@dataclass(frozen=True)
class Row:
    """A line of a table; `part` (0 to 1) is how long its bar is, where the table has bars."""

    name: str
    value: str
    note: str = ""
    part: float | None = None


@dataclass(frozen=True)
class Table:
    title: str
    rows: tuple[Row, ...]


def text(report: Report, prices: Mapping[str, Price]) -> str:
    """Every table of the report, its columns aligned."""
    parts = [period(report), *map(_aligned, tables(report, prices)), PRICES_NOTE]
    return "\n\n".join(parts)


def _aligned(table: Table) -> str:
    wide = max(len(row.name) for row in table.rows)
    value = max(len(row.value) for row in table.rows)
    lines = (f"  {row.name:<{wide}}  {row.value:>{value}}  {row.note}" for row in table.rows)
    return "\n".join([table.title, *map(str.rstrip, lines)])


def period(report: Report) -> str:
    """From when to when, on the business's clock."""
    return f"{report.since:%Y-%m-%d %H:%M} to {report.until:%Y-%m-%d %H:%M %Z}"


def as_json(report: Report, prices: Mapping[str, Price]) -> Plain:
    """The counts as they are, and what is reckoned from them; null is unknown."""
    amount = total(report.spent, prices)
    by_model: defaultdict[str, list[Spent]] = defaultdict(list)
    for spent in report.spent:
        by_model[spent.model].append(spent)
    return report.plain() | {
        "qualified_without_human_percent": percent(report.without_human, report.funnel[0].count),
        "usd": {
            "by_model": {model: total(spent, prices) for model, spent in by_model.items()},
            "total": amount,
            "per_conversation": per(amount, report.conversations),
            "per_qualified_lead": per(amount, report.qualified),
            "per_booking": per(amount, report.bookings),
        },
    }


def tables(report: Report, prices: Mapping[str, Price]) -> list[Table]:
    """All that is told, for the terminal and for the page."""
    return [
        Table("Results", _results(report)),
        Table("Funnel of the leads who first wrote in the period", tuple(_funnel(report))),
        Table("Handoffs by reason", tuple(_handoffs(report)) or (Row("none", "0"),)),
        Table("Cost in US dollars", _cost(report, prices)),
        Table("Cost by model", tuple(_spent(report, prices)) or (Row("none", "0"),)),
    ]


def _results(report: Report) -> tuple[Row, ...]:
    qualified = percent(report.without_human, report.funnel[0].count)
    first = f"{report.without_human:,} of {report.funnel[0].count:,} leads"
    messages, reply, word = report.messages_before_booking, report.reply, report.first_word
    return (
        Row("Fully qualified without a human", share(qualified), first),
        Row("Messages before a booking, p50/p95", _pair(messages, number), _of(messages)),
        Row("Reply time, p50/p95", _pair(reply, duration), _of(reply)),
        Row("Time to first human word, p50/p95", _pair(word, duration), _of(word)),
        Row("Handoffs with no human word yet", f"{report.without_word:,}"),
        Row("Conversations", f"{report.conversations:,}"),
        Row("Leads qualified", f"{report.qualified:,}"),
        Row("Calls booked", f"{report.bookings:,}"),
    )


def _funnel(report: Report) -> Iterator[Row]:
    first = report.funnel[0]
    yield _step(first, first, "")
    for before, step in pairwise(report.funnel):
        yield _step(step, first, _since(before, step))
    yield Row("call missed", f"{report.no_shows:,}")


def _since(before: Step, step: Step) -> str:
    if not before.count:
        return ""
    later = f", median {duration(step.seconds)} later" if step.seconds is not None else ""
    return f"{share(percent(step.count, before.count))} of the step before{later}"


def _step(step: Step, first: Step, note: str) -> Row:
    part = step.count / first.count if first.count else 0
    return Row(_STEPS.get(step.name, step.name), f"{step.count:,}", note, part)


def _handoffs(report: Report) -> Iterator[Row]:
    most = max((reason.handoffs for reason in report.handoffs), default=1)
    for reason in report.handoffs:
        note = f"in {share(percent(reason.conversations, report.conversations))} of conversations"
        name = reason.reason.replace("_", " ")
        yield Row(name, f"{reason.handoffs:,}", note, reason.handoffs / most)


def _cost(report: Report, prices: Mapping[str, Price]) -> tuple[Row, ...]:
    amount = total(report.spent, prices)
    return (
        Row("Total", dollars(amount)),
        Row("Per conversation", dollars(per(amount, report.conversations), amount)),
        Row("Per qualified lead", dollars(per(amount, report.qualified), amount)),
        Row("Per booking", dollars(per(amount, report.bookings), amount)),
    )


def _spent(report: Report, prices: Mapping[str, Price]) -> Iterator[Row]:
    paid = [money(spent, prices) for spent in report.spent]
    most = max(_known(paid), default=0) or 1
    for spent, amount in zip(report.spent, paid, strict=True):
        tokens = (
            f"{short(spent.input_tokens)} in, {short(spent.cached_tokens)} cached, "
            f"{short(spent.output_tokens)} out"
        )
        name = f"{spent.model}, {_PURPOSES.get(spent.purpose, spent.purpose)}"
        yield Row(name, dollars(amount), tokens, None if amount is None else amount / most)


def _known(amounts: Iterable[float | None]) -> Iterator[float]:
    return (amount for amount in amounts if amount is not None)


def share(of_all: float | None) -> str:
    """`12.0 %`."""
    return UNKNOWN if of_all is None else f"{of_all:.1f} %"


def duration(seconds: float | None) -> str:
    """`3.4 s`, `2.0 h`."""
    if seconds is None:
        return UNKNOWN
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def number(value: float | None) -> str:
    """One decimal."""
    return UNKNOWN if value is None else f"{value:.1f}"


def short(count: int) -> str:
    """`9200`, `12.3k`, `4.5M`."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if count >= 10 * size or (unit == "M" and count >= size):
            return f"{count / size:.1f}{unit}"
    return str(count)


def dollars(amount: float | None, whole: float | None = None) -> str:
    """`unknown` without a price; a dash where there is nothing to share a known whole among."""
    if amount is not None:
        return f"{amount:.4f}" if 0 < amount < 1 else f"{amount:,.2f}"
    return "unknown" if whole is None else UNKNOWN


def _pair(spread: Spread, shown: Callable[[float | None], str]) -> str:
    if spread.p50 is None:
        return UNKNOWN
    return f"{shown(spread.p50)} / {shown(spread.p95)}"


def _of(spread: Spread) -> str:
    return f"{spread.count:,} measured"
