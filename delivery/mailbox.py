"""The mailbox: per contact the unread messages in order, once each, and one turn at a time.

One sorted set holds the next moment at which each contact may run. A push makes a contact due, a
claim moves it a lease ahead, a renewal pushes it on, a failure sets it back, a commit takes it out
or makes it due again: so the contact of a worker that died becomes due by itself.

Every script of a lease carries its fencing token and refuses a stale one. Time is Redis's.
A repeated script (redis-py repeats after a timeout) changes nothing twice, but a repeated claim
takes a second contact, which then waits for a lease: give the mailbox a client without retries.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Generator, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import orjson
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from delivery import care_scripts, scripts
from delivery.line import Arg, Line
from domain.errors import LeaseLost, MailboxUnavailable, Superseded

_DAY = 86_400
_POSTS_A_SCRIPT = 64
"""Redis does nothing else while a script runs."""
_LISTEN_SECONDS = 1.0
_RECONNECT_SECONDS = 0.2


class Post(NamedTuple):
    """One message to put in.

    `id` is the keyed hash of the wamid ("": no deduplication). `contact` is the contact's id unless
    one of `aliases`, keyed hashes of every identifier of the sender, already names another.
    `urgent`: no batch is sealed without it any more, whatever the turn thinks of newer messages.
    """

    id: str
    contact: str
    aliases: tuple[str, ...]
    body: bytes
    urgent: bool = False

    def __repr__(self) -> str:
        return f"Post(id={self.id!r}, contact={self.contact!r})"  # not what it says


@dataclass(frozen=True, slots=True)
class Lease:
    """One contact, held by one worker, with the messages of the turn.

    When an earlier try sealed, `bodies` are exactly the sealed ones and `turn_id` and `frozen` are
    what it sealed. `tries` counts failures since the last commit; `lapsed` leases that ran out, one
    after the other, with nobody giving them back. `since` is when the oldest message arrived (Unix
    seconds).
    """

    contact: str
    token: int
    bodies: tuple[bytes, ...] = field(repr=False)
    turn_id: str | None
    frozen: bytes | None = field(repr=False)
    tries: int
    since: float
    lapsed: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What waits. The dropped ones fell off a full dead-letter or quarantine list."""

    due: int
    contacts: int
    oldest_due_seconds: float
    dead: int
    quarantined: int
    dead_dropped: int
    quarantine_dropped: int


class Mailbox:
    """A mailbox by name. Any number of workers may share it, each with its own object.

    `lease_seconds` is how long a dead worker keeps its contacts from the others.
    `remember_seconds` is how long a message id is known: Meta repeats for 7 days. A contact's
    aliases are kept for `alias_seconds` after its last message. `most` bounds a batch.
    """

    def __init__(
        self,
        client: Redis,
        name: str,
        *,
        lease_seconds: float = 4,
        remember_seconds: int = 8 * _DAY,
        alias_seconds: int = 730 * _DAY,
        most: int = 100,
        dead_cap: int = 1000,
        quarantine_cap: int = 200,
    ) -> None:
        self._client = client
        self._keys = scripts.Keys(name)
        self._lease_ms = round(lease_seconds * 1000)
        self._remember = (remember_seconds, alias_seconds)
        self._most = most
        self._dead_cap = dead_cap
        self._quarantine_cap = quarantine_cap
        self._scripts = {
            text: client.register_script(text) for text in (*scripts.ALL, *care_scripts.ALL)
        }
        self._line: Line | None = None

    def alone(self) -> "Mailbox":
        """The same mailbox over a connection of its own, for one call at a time until `aclose`.

        Its calls have no time limit: the caller sets one.
        """
        own = copy(self)
        own._line = Line(self._client)  # noqa: SLF001 - it is of this class
        return own

    async def aclose(self) -> None:
        """Give that connection back."""
        if self._line:
            await self._line.aclose()

    async def push(self, posts: Sequence[Post]) -> int:
        """Put messages in, some dozens a round trip; gives how many were new.

        Raises MailboxUnavailable when any is not stored; those that are fall away when repeated.
        """
        new = 0
        for start in range(0, len(posts), _POSTS_A_SCRIPT):
            some = posts[start : start + _POSTS_A_SCRIPT]
            who = orjson.dumps([(p.contact, p.id, p.aliases, p.urgent) for p in some])
            args = (self._keys.prefix, *self._remember, who, *(post.body for post in some))
            new += cast("int", await self._run(scripts.PUSH, self._keys.named("due"), args))
        return new

    async def claim(self) -> Lease | None:
        """Lease the contact that is due longest; None when none is."""
        leases = await self.claim_some(1)
        return leases[0] if leases else None

    async def claim_some(self, limit: int) -> list[Lease]:
        """Lease up to `limit` contacts, those due longest first.

        Fewer than that does not mean that no other is due.
        """
        args = (self._keys.prefix, self._lease_ms, self._most, limit)
        reply = await self._run(scripts.CLAIM, self._keys.named("due", "token"), args)
        return [_lease(lease) for lease in cast("list[list[Any]]", reply)]

    async def renew(self, lease: Lease) -> int:
        """Hold the contact for another lease; gives how many messages a claim would give now."""
        unread = await self._fenced(scripts.RENEW, lease, self._lease_ms)
        return min(cast("int", unread), self._most)

    async def reread(self, lease: Lease) -> Lease:
        """The same lease, renewed, with everything that is unread now (sealed: with the batch)."""
        reply = await self._fenced(scripts.REREAD, lease, self._lease_ms, self._most)
        return _lease(cast("list[Any]", reply))

    async def seal(
        self, lease: Lease, *, turn_id: str, frozen: bytes, even_if_newer: bool = False
    ) -> None:
        """Freeze the batch under its turn id, with what a later try must do again.

        The same turn id again changes nothing. Raises Superseded when more is unread than the
        lease has (a full batch is never superseded), ValueError when another turn is sealed.
        """
        count = len(lease.bodies)
        too_many = "" if even_if_newer or count >= self._most else count + 1
        answer = await self._fenced(
            scripts.SEAL, lease, self._lease_ms, turn_id, count, frozen, too_many, self._most
        )
        if answer == b"newer":
            raise Superseded("a newer message is unread")
        if answer == b"other":
            raise ValueError("another turn of this contact is sealed already")

    async def commit(self, lease: Lease) -> None:
        """Drop the batch; whatever is unread beyond it is due at once."""
        await self._fenced(scripts.COMMIT, lease, len(lease.bodies))

    async def rehome(self, lease: Lease, contact: str, aliases: Sequence[str]) -> None:
        """Move all that is unread to another contact, whom the aliases name from now on.

        It is due there at once. For a batch that is not sealed.
        """
        if contact == lease.contact:
            raise ValueError("a contact cannot be moved to itself")
        where = (self._keys.prefix, contact, self._remember[1], *aliases)
        more_keys = self._keys.named(f"unread:{contact}")
        await self._fenced(scripts.REHOME, lease, *where, more_keys=more_keys)

    async def give_back(
        self, lease: Lease, *, delay: float = 0, failed: bool = False, begun: bool = True
    ) -> None:
        """Let the contact run again after `delay` seconds; the batch and its seal stay.

        The leases that lapsed before are forgotten, unless nothing was `begun`.
        """
        how = round(delay * 1000), int(failed), int(begun)
        await self._fenced(scripts.GIVE_BACK, lease, *how)

    async def bury(self, lease: Lease, reason: str) -> None:
        """Move the batch to the dead letters; the contact goes on with what is unread beyond it."""
        batch = (len(lease.bodies), reason, self._dead_cap)
        more_keys = self._keys.named("dead", "dropped")
        await self._fenced(scripts.BURY, lease, *batch, more_keys=more_keys)

    async def quarantine(self, body: bytes, reason: str) -> None:
        """Keep a signed body that could not be read."""
        keys = self._keys.named("quarantine", "dropped")
        await self._run(care_scripts.QUARANTINE, keys, (body, reason, self._quarantine_cap))

    async def forget(self, contact: str, aliases: Sequence[str]) -> int:
        """Erase a contact: its unread messages, dead letters and aliases; a running lease ends.

        Gives the fencing token that no lease of the contact has reached so far.
        """
        names = self._keys.named("dead", "token", *(f"alias:{alias}" for alias in aliases))
        reply = await self._run(
            care_scripts.FORGET, (*self._keys.leased(contact), *names), (contact,)
        )
        return int(cast("bytes", reply))

    async def blank(self, texts: Sequence[str], *, unread: bool = False) -> None:
        """Drop bodies in quarantine that hold any of the texts.

        `unread`: such entries are emptied, too, for a mailbox whose entries are no contact's.
        """
        keys = self._keys.named("due", "quarantine")
        await self._run(care_scripts.BLANK, keys, (self._keys.prefix, int(unread), *texts))

    async def drop_older(self, days: int) -> None:
        """Drop what has been in quarantine, or a dead letter, for so many days."""
        keys = self._keys.named("quarantine", "dead")
        await self._run(care_scripts.DROP_OLDER, keys, (days * _DAY,))

    async def mentioned(self, texts: Sequence[str]) -> set[str]:
        """Which of the texts stand in an unread message; a walk over all of them."""
        keys = self._keys.named("due")
        found = await self._run(care_scripts.MENTIONED, keys, (self._keys.prefix, *texts))
        return {text.decode() for text in cast("list[bytes]", found)}

    async def figures(self) -> Figures:
        """Counts for the metrics."""
        keys = self._keys.named("due", "dead", "quarantine", "dropped")
        reply = cast("list[int]", await self._run(care_scripts.FIGURES, keys, ()))
        due, contacts, age_ms, *rest = reply
        return Figures(due, contacts, age_ms / 1000, *rest)

    async def bell(self) -> AsyncGenerator[str]:
        """The contacts that got a message, for ever: a hint that may be missed, so poll as well."""
        while True:
            with contextlib.suppress(RedisError, OSError):
                async with contextlib.aclosing(self._client.pubsub()) as pubsub:
                    await pubsub.subscribe(self._keys.bell)
                    while True:
                        if contact := await _heard(pubsub):
                            yield contact
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _fenced(
        self, script: str, lease: Lease, *args: Arg, more_keys: tuple[str, ...] = ()
    ) -> object:
        keys = (*self._keys.leased(lease.contact), *more_keys)
        reply = await self._run(script, keys, (lease.token, lease.contact, *args))
        if reply == b"lost":
            raise LeaseLost(f"another worker has {lease.contact}, or its turn is over")
        return reply

    async def _run(self, script: str, keys: Sequence[str], args: Sequence[Arg]) -> object:
        with unavailable():
            if self._line:
                return await self._line.run(self._scripts[script], keys, args)
            return await self._scripts[script](keys=keys, args=args)


async def _heard(pubsub: PubSub) -> str | None:
    message = cast(
        "dict[str, bytes] | None",
        await pubsub.get_message(ignore_subscribe_messages=True, timeout=_LISTEN_SECONDS),
    )
    return message["data"].decode() if message else None


def _lease(reply: list[Any]) -> Lease:
    contact, token, entries, turn_id, frozen, tries, lapsed = reply
    digits = scripts.STAMP_DIGITS
    return Lease(
        contact=contact.decode(),
        token=int(token),
        bodies=tuple(entry[digits:] for entry in entries),
        turn_id=None if turn_id is None else turn_id.decode(),
        frozen=frozen,
        tries=int(tries or 0),
        since=int(entries[0][:digits]) / 1000,
        lapsed=int(lapsed or 0),
    )


@contextlib.contextmanager
def unavailable() -> Generator[None]:
    """Whatever Redis raises, as MailboxUnavailable."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise MailboxUnavailable(f"Redis: {type(error).__name__}") from error
