"""The same message accepted twice by the Graph API: a breach, unless nobody could have known.

docs/adr/0018 says when that is. Such cases are counted apart.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chaos.checks import Breach
from chaos.records import Outage, Send

RECORDING_SECONDS = 2.0
"""An answer that was heard is in the ledger after so long, on a machine however busy."""
READING_SECONDS = 2.0
"""So long after its 200 a receipt has been seen by whoever looks before a send, and by whoever had
looked before, the send is out: on a busy machine 1.3 s were seen from the look to the arrival."""


@dataclass(frozen=True)
class Doubles:
    """`excusable` are the second arrivals that could not be excluded."""

    breaches: list[Breach]
    excusable: list[Send]


def double_sends(
    sends: Sequence[Send], receipts: Mapping[str, float], outages: Sequence[Outage]
) -> Doubles:
    """Judge every arrival of a message that had arrived before.

    `receipts`: when the first receipt of each tracker got its 200.
    """
    breaches: list[Breach] = []
    excusable: list[Send] = []
    for one, other in _again(sends):
        told = receipts.get(one.tracker)
        if told is not None and told < other.start - READING_SECONDS:
            waited = other.start - told
            text = f"{one.tracker} was sent again {waited:.1f} s after its receipt was taken"
            breaches.append(Breach("no double send", one.to, text))
        elif _heard(one, outages):
            text = f"{one.tracker} was sent again though its answer was heard"
            breaches.append(Breach("no double send", one.to, text))
        else:
            excusable.append(other)
    return Doubles(breaches, excusable)


def _again(sends: Sequence[Send]) -> Iterator[tuple[Send, Send]]:
    taken: dict[str, list[Send]] = defaultdict(list)
    for send in sorted(sends, key=lambda send: send.start):
        if send.taken is not None:
            taken[send.tracker].append(send)
    for arrivals in taken.values():
        yield from pairwise(arrivals)


def _heard(send: Send, outages: Sequence[Outage]) -> bool:
    """Whether the answer was given, and neither its hearer nor the ledger died over it."""
    if send.answered != "ok":
        return False
    return not any(
        outage.process in (send.worker, "postgres")
        and outage.killed <= send.end + RECORDING_SECONDS
        and outage.ready >= send.start
        for outage in outages
    )
