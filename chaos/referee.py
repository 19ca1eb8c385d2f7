"""The verdict over a run: every promise, the ledger, and the processes themselves."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from chaos import checks, doubles, words
from chaos.checks import Breach
from chaos.evidence import Evidence, gather
from chaos.ledger import Ledger
from chaos.records import Call, Event, Outage, Post, Send, of


@dataclass(frozen=True)
class Verdict:
    """`figures` in the order in which they are printed."""

    breaches: list[Breach]
    figures: dict[str, str]


def judge(events: list[Event], ledger: Ledger) -> Verdict:
    """Check everything that was promised."""
    evidence = gather(events)
    sends, outages = of(events, Send), of(events, Outage)
    doubled = doubles.double_sends(sends, evidence.receipts, outages)
    breaches = [
        *checks.accepted(evidence),
        *(breach for lead in evidence.leads.values() for breach in _of_lead(evidence, lead.phone)),
        *(Breach("answered", "", f"call {call.number} mixes leads") for call in _mixed(evidence)),
        *doubled.breaches,
        *_settled(ledger, sends),
        *_steady(outages),
    ]
    return Verdict(breaches, _figures(events, evidence, ledger, len(doubled.excusable)))


def _of_lead(evidence: Evidence, phone: str) -> Iterator[Breach]:
    lead = evidence.leads[phone]
    yield from checks.answered(lead)
    yield from checks.none_twice(lead)
    yield from checks.in_order(evidence, lead)
    yield from checks.no_overlap(lead)
    yield from checks.one_send_at_a_time(evidence, lead)
    yield from checks.only_known_words(lead)


def _mixed(evidence: Evidence) -> list[Call]:
    """Calls with the messages of several leads; one without any asks of nobody's turn."""
    return [call for call in evidence.stray_calls if call.serials]


def _settled(ledger: Ledger, sends: list[Send]) -> Iterator[Breach]:
    """Every row is finished and well, says the same as the Graph API, and nothing else is left."""
    taken = {send.tracker for send in sends if send.taken is not None}
    for row, state in ledger.rows.items():
        if state == "merged":  # said in the message of another row
            continue
        if state not in ("accepted", "sent", "delivered", "read"):
            yield Breach("settled", "", f"row {row} is {state}")
        elif row not in taken:
            yield Breach("settled", "", f"row {row} is {state}, and the Graph API never took it")
    for tracker in taken - set(ledger.rows):
        yield Breach("settled", "", f"the Graph API took {tracker}, which no row stands for")
    left = {"waiting": ledger.waiting, "dead": ledger.dead, "quarantined": ledger.quarantined}
    for name, number in left.items():
        if number:
            yield Breach("settled", "", f"{number} {name} in the mailboxes")


def _steady(outages: list[Outage]) -> Iterator[Breach]:
    for outage in outages:
        if outage.by_itself:
            yield Breach("steady", "", f"{outage.process} ended by itself")


def _figures(
    events: list[Event], evidence: Evidence, ledger: Ledger, excusable: int
) -> dict[str, str]:
    posts, sends, calls = evidence.posts, of(events, Send), of(events, Call)
    shown = [turn.label for lead in evidence.leads.values() for turn in lead.shown]
    killed = Counter(o.process.partition("-")[0] for o in of(events, Outage) if not o.by_itself)
    apologies = shown.count(words.APOLOGY)
    return {
        "leads, messages": f"{len(evidence.leads)}, {len(evidence.lead_of)}",
        "webhook bodies": f"{len(posts)}, {_share(posts)} refused or unanswered",
        "copies among them": str(sum(post.copy_of_another for post in posts)),
        "killed with -9": _counted(killed),
        "model calls": f"{len(calls)}, faults: {_counted(Counter(c.fault for c in calls))}",
        "sends": f"{len(sends)}, faults: {_counted(Counter(s.fault for s in sends))}",
        "answers, apologies": f"{len(shown) - apologies}, {apologies}",
        "messages named in answers": str(sum(len(lead.named) for lead in evidence.leads.values())),
        "pairs whose order was sure": str(
            sum(1 for lead in evidence.leads.values() for _ in checks.ordered_pairs(evidence, lead))
        ),
        "ledger rows": _counted(Counter(ledger.rows.values())),
        "double sends not excludable": str(excusable),
        "seconds from 200 to answer": _waits(evidence),
    }


def _share(posts: list[Post]) -> int:
    return sum(not post.accepted for post in posts)


def _counted(counter: Counter[str]) -> str:
    pairs = sorted((name, number) for name, number in counter.items() if name)
    return ", ".join(f"{name} {number}" for name, number in pairs) or "none"


def _waits(evidence: Evidence) -> str:
    """Median and p95 over the messages that an answer names."""
    waits: list[float] = []
    for lead in evidence.leads.values():
        for send in lead.arrived:
            for serial in words.serials(send.text):
                first = [p.end for p in evidence.posts_of.get(serial, []) if p.accepted]
                if first and send.taken is not None:
                    waits.append(max(0.0, send.taken - min(first)))
    if not waits:
        return "none"
    waits.sort()
    return f"median {waits[len(waits) // 2]:.1f}, p95 {waits[int(len(waits) * 0.95)]:.1f}"
