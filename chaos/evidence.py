"""What the stand-ins' records say of one lead: his messages, the turns that showed, their order.

Turns show in two ways: on the lead's phone (an answer names the model's call that it came from) and
at the model (the last call that had a message unread is that of the turn which took it).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from chaos import words
from chaos.records import Call, Event, Post, Said, Send, of


@dataclass
class Lead:
    """All that is known of one lead. Lists are in the order in which things began."""

    phone: str
    serials: list[int] = field(default_factory=list[int])
    sends: list[Send] = field(default_factory=list[Send])
    calls: list[Call] = field(default_factory=list[Call])

    @property
    def arrived(self) -> list[Send]:
        """The first arrival of each message on his phone, in the order of their arrival."""
        first: dict[str, Send] = {}
        for send in sorted((s for s in self.sends if s.taken is not None), key=_taken):
            first.setdefault(send.tracker, send)
        return list(first.values())

    @property
    def shown(self) -> list[words.Shown]:
        """The turns as the phone shows them, in the order of their arrival.

        A row that is sent again may have taken up what waited behind it: then only that is new.
        """
        before: dict[str, int] = defaultdict(int)
        turns: list[words.Shown] = []
        for send in sorted((s for s in self.sends if s.taken is not None), key=_taken):
            told = words.turns(send.text)
            turns += told[before[send.tracker] :]
            before[send.tracker] = max(before[send.tracker], len(told))
        return turns

    @property
    def named(self) -> dict[int, list[int]]:
        """For each message that an answer names, the places of those answers in `shown`."""
        places: dict[int, list[int]] = defaultdict(list)
        for place, shown in enumerate(self.shown):
            for serial in shown.serials:
                places[serial].append(place)
        return dict(places)

    @property
    def last_calls(self) -> dict[int, Call]:
        """The last call that had the message unread."""
        return {serial: call for call in self.calls for serial in call.serials}

    @property
    def expected(self) -> list[tuple[str, Call]]:
        """The turns as the model's calls and the answers tell them, in the order of the calls.

        A call whose answer arrived was a turn. One that was the last to have some message unread,
        which no answer names, was a turn that can only have ended with an apology.
        """
        answers, named, last = {shown.label for shown in self.shown}, self.named, self.last_calls
        apologised = {last[s].number for s in self.serials if s not in named and s in last}
        turns: list[tuple[str, Call]] = []
        for call in self.calls:
            if f"k{call.number}" in answers:
                turns.append((f"k{call.number}", call))
            elif call.number in apologised:
                turns.append((words.APOLOGY, call))
        return turns


@dataclass
class Evidence:
    """The whole record, by lead and by message.

    Of the receipts of our messages, by tracker: `receipts`, when the first got its 200; `begun`,
    when the first that got one set out, from when on it may have been read.
    """

    leads: dict[str, Lead]
    posts: list[Post]
    lead_of: dict[int, str]
    posts_of: dict[int, list[Post]]
    receipts: dict[str, float]
    begun: dict[str, float]
    stray_calls: list[Call]


def gather(events: list[Event]) -> Evidence:
    """Sort the records by lead. A call belongs to the lead of its messages."""
    lead_of = {said.serial: said.lead for said in of(events, Said)}
    leads = {phone: Lead(phone) for phone in lead_of.values()}
    for serial, phone in lead_of.items():
        leads[phone].serials.append(serial)
    for send in sorted(of(events, Send), key=lambda send: send.start):
        if send.to in leads:
            leads[send.to].sends.append(send)
    stray: list[Call] = []
    for call in sorted(of(events, Call), key=lambda call: call.start):
        owners = {lead_of.get(serial, "") for serial in call.serials}
        owner = owners.pop() if len(owners) == 1 else ""
        if owner in leads:
            leads[owner].calls.append(call)
        else:
            stray.append(call)
    posts = sorted(of(events, Post), key=lambda post: post.start)
    ended = _receipts(posts, lambda post: post.end)
    begun = _receipts(posts, lambda post: post.start)
    return Evidence(leads, posts, lead_of, _by_serial(posts), ended, begun, stray)


def _by_serial(posts: Iterable[Post]) -> dict[int, list[Post]]:
    found: dict[int, list[Post]] = defaultdict(list)
    for post in posts:
        for serial in post.serials:
            found[serial].append(post)
    return found


def _receipts(posts: Iterable[Post], moment: Callable[[Post], float]) -> dict[str, float]:
    told: dict[str, float] = {}
    for post in sorted((post for post in posts if post.accepted), key=moment):
        for tracker in post.receipts:
            told.setdefault(tracker, moment(post))
    return told


def _taken(send: Send) -> float:
    return send.taken or 0.0
