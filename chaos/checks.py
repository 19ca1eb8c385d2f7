"""The promises, each checked from the stand-ins' records alone; docs/chaos.md defines them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from chaos import words
from chaos.evidence import Evidence, Lead
from chaos.records import Post


@dataclass(frozen=True)
class Breach:
    """A broken promise. `what` names messages and calls by their numbers."""

    promise: str
    lead: str
    what: str


def accepted(evidence: Evidence) -> Iterator[Breach]:
    """Every message got its 200 in the end, or nothing else can be asked of it."""
    for serial, lead in evidence.lead_of.items():
        if not any(post.accepted for post in evidence.posts_of.get(serial, [])):
            yield Breach("accepted", lead, f"m{serial} never got a 200")


def answered(lead: Lead) -> Iterator[Breach]:
    """Every message stands in an answer that arrived, or its turn ended with an apology.

    The turns that the calls tell and those that the phone shows must be the same, one by one: so
    an apology answers what its own turn had read, and nothing else.
    """
    named, last = lead.named, lead.last_calls
    for serial in lead.serials:
        if serial not in named and serial not in last:
            yield Breach("answered", lead.phone, f"m{serial} was never shown to the model")
    expected = [turn for turn, _ in lead.expected]
    shown = [turn.label for turn in lead.shown]
    if expected != shown:
        unnamed = [f"m{serial}" for serial in lead.serials if serial not in named]
        difference = _first_difference(expected, shown)
        text = f"turns differ at {difference}; in no answer: {' '.join(unnamed) or 'none'}"
        yield Breach("answered", lead.phone, text)


def _first_difference(expected: list[str], shown: list[str]) -> str:
    place = next(
        (n for n, (e, s) in enumerate(zip(expected, shown, strict=False)) if e != s),
        min(len(expected), len(shown)),
    )
    return f"{place}: the calls tell {expected[place:][:3]}, the phone shows {shown[place:][:3]}"


def none_twice(lead: Lead) -> Iterator[Breach]:
    """No message stands in two different answers, nor in an answer to somebody else."""
    for serial, places in lead.named.items():
        if len(places) > 1:
            answers = [lead.shown[place].label for place in places]
            yield Breach("none twice", lead.phone, f"m{serial} is answered in {answers}")
    for serial in set(lead.named) - set(lead.serials):
        yield Breach("none twice", lead.phone, f"m{serial} is somebody else's")


def in_order(evidence: Evidence, lead: Lead) -> Iterator[Breach]:
    """What was surely stored first is answered first, or in the same answer ahead of it."""
    places = _places(lead)
    for first, second in ordered_pairs(evidence, lead):
        if first in places and second in places and places[first] > places[second]:
            yield Breach("in order", lead.phone, f"m{second} was answered before m{first}")


def ordered_pairs(evidence: Evidence, lead: Lead) -> Iterator[tuple[int, int]]:
    """The pairs of a lead's messages of which one was surely stored before the other.

    A body may be stored whatever came back, at any time until its first 200. So one is before the
    other only if every delivery that may have stored the other either began after the one had its
    200, or carried the one ahead of it.
    """
    posts = evidence.posts_of
    stored = {s: end for s in lead.serials if (end := _first_200(posts.get(s, []))) is not None}
    for second, until in stored.items():
        tries = [post for post in posts[second] if post.start <= until]
        for first, end in stored.items():
            if first != second and all(_follows(t, first, second, end) for t in tries):
                yield first, second


def _follows(post: Post, first: int, second: int, stored: float) -> bool:
    if post.start > stored:
        return True
    carried = post.serials
    return first in carried and carried.index(first) < carried.index(second)


def _first_200(posts: list[Post]) -> float | None:
    return min((post.end for post in posts if post.accepted), default=None)


def _places(lead: Lead) -> dict[int, tuple[int, int]]:
    """Where a message was answered: which turn, and where in its words (0 in an apology)."""
    places: dict[int, tuple[int, int]] = {}
    for turn, shown in enumerate(lead.shown):
        for position, serial in enumerate(shown.serials):
            places.setdefault(serial, (turn, position))
    last = lead.last_calls
    for turn, (kind, call) in enumerate(lead.expected):
        if kind == words.APOLOGY:
            for serial in lead.serials:
                if serial not in places and last.get(serial) == call:
                    places[serial] = (turn, 0)
    return places


def no_overlap(lead: Lead) -> Iterator[Breach]:
    """Each turn knew of the one before it, and began after that one's model call had ended."""
    turns = lead.expected
    previous = [("", None), *turns[:-1]]
    for (kind, call), (label, before) in zip(turns, previous, strict=True):
        if call.before != label:
            text = (
                f"call {call.number} ({kind}) knew {call.before!r} as the last word, not {label!r}"
            )
            yield Breach("no overlap", lead.phone, text)
        if before and call.start < before.end:
            text = f"calls {before.number} and {call.number} were open at the same time"
            yield Breach("no overlap", lead.phone, text)


def one_send_at_a_time(evidence: Evidence, lead: Lead) -> Iterator[Breach]:
    """A message is sent once the one before it was answered, or its receipt told of it."""
    for one, other in pairwise(lead.sends):
        told = evidence.begun.get(one.tracker)
        if other.start < one.end and not (told is not None and told <= other.start):
            text = f"{one.tracker} and {other.tracker} were on their way at the same time"
            yield Breach("no overlap", lead.phone, text)


def only_known_words(lead: Lead) -> Iterator[Breach]:
    """Nothing arrives but the model's answers, apologies and offered times."""
    for send in lead.arrived:
        if any(shown.label == "other" for shown in words.turns(send.text)):
            yield Breach("known words", lead.phone, f"unexpected: {send.text[:80]!r}")
