"""The report for the terminal and for programs."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from domain.report import Price, Report, Spread, money, per, percent, total
from domain.values import Plain

UNKNOWN = "–"
Rows = list[tuple[str, str]]

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def text(report: Report, prices: Mapping[str, Price]) -> str:
    """Every table of the report, its columns aligned."""
    period = f"{report.since:%Y-%m-%d %H:%M} to {report.until:%Y-%m-%d %H:%M %Z}"
    parts = [period]
    for title, rows in tables(report, prices):
        wide = max(len(name) for name, _ in rows)
        parts.append("\n".join([title, *(f"  {name:<{wide}}  {value}" for name, value in rows)]))
    return "\n\n".join(parts)


def as_json(report: Report, prices: Mapping[str, Price]) -> Plain:
    """The counts as they are, and what is reckoned from them; null is unknown."""
    amount = total(report, prices)
    return report.plain() | {
        "qualified_without_human_percent": percent(report.without_human, report.funnel[0].count),
        "usd": {
            "by_model": {spent.model: money(spent, prices) for spent in report.spent},
            "total": amount,
            "per_conversation": per(amount, report.conversations),
            "per_qualified_lead": per(amount, report.qualified),
            "per_booking": per(amount, report.bookings),
        },
    }


def tables(report: Report, prices: Mapping[str, Price]) -> list[tuple[str, Rows]]:
    """Titles and rows, for the terminal and for the page."""
    return [
        ("Results", _results(report)),
        ("Funnel of the leads who first wrote in the period", list(_funnel(report))),
        ("Handoffs", list(_handoffs(report))),
        ("Model", list(_spent(report, prices))),
        ("Cost in US dollars", _cost(report, prices)),
    ]


def _results(report: Report) -> Rows:
    return [
        ("Fully qualified without a human", share(report.without_human, report.funnel[0].count)),
        ("Lead's messages before a booking, p50/p95", _numbers(report.messages_before_booking)),
        ("Reply time, p50/p95", _times(report.reply)),
        ("Time to first human word, p50/p95", _times(report.first_word)),
        ("Handoffs without a human word", str(report.without_word)),
        ("Conversations", str(report.conversations)),
        ("Leads qualified", str(report.qualified)),
        ("Calls booked", str(report.bookings)),
    ]


def _funnel(report: Report) -> Iterator[tuple[str, str]]:
    first = report.funnel[0]
    yield first.name, str(first.count)
    for before, step in pairwise(report.funnel):
        after = f"{share(step.count, before.count)} of the step before"
        yield step.name, f"{step.count}, {after}, median {duration(step.seconds)} later"
    yield "calls missed", str(report.no_shows)


def _handoffs(report: Report) -> Iterator[tuple[str, str]]:
    for reason in report.handoffs:
        of_all = share(reason.conversations, report.conversations)
        yield reason.reason, f"{reason.handoffs}, in {of_all} of the conversations"
    if not report.handoffs:
        yield "none", "0"


def _spent(report: Report, prices: Mapping[str, Price]) -> Iterator[tuple[str, str]]:
    for spent in report.spent:
        tokens = (
            f"{spent.input_tokens} in ({spent.cached_tokens} cached), {spent.output_tokens} out"
        )
        yield spent.model, f"{spent.turns} turns, {tokens}, {dollars(money(spent, prices))}"
    if not report.spent:
        yield "none", "0"


def _cost(report: Report, prices: Mapping[str, Price]) -> Rows:
    amount = total(report, prices)
    return [
        ("Total", dollars(amount)),
        ("Per conversation", dollars(per(amount, report.conversations), amount)),
        ("Per qualified lead", dollars(per(amount, report.qualified), amount)),
        ("Per booking", dollars(per(amount, report.bookings), amount)),
    ]


def share(part: int, whole: int) -> str:
    """`3 (12.0 %)`."""
    of_all = percent(part, whole)
    return f"{part} ({UNKNOWN})" if of_all is None else f"{part} ({of_all:.1f} %)"


def duration(seconds: float | None) -> str:
    """`3.4 s`, `2.0 h`."""
    if seconds is None:
        return UNKNOWN
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def dollars(amount: float | None, whole: float | None = None) -> str:
    """`unknown` without a price; a dash where there is nothing to share a known whole among."""
    if amount is not None:
        return f"{amount:.4f}"
    return "unknown" if whole is None else UNKNOWN


def _times(spread: Spread) -> str:
    return f"{duration(spread.p50)} / {duration(spread.p95)} (of {spread.count})"


def _numbers(spread: Spread) -> str:
    low, high = (UNKNOWN if part is None else f"{part:.1f}" for part in (spread.p50, spread.p95))
    return f"{low} / {high} (of {spread.count})"
