"""What a mailbox gave up: bodies in quarantine, and batches among the dead letters.

Each is a stream. An entry leaves it in the same script that puts its messages back, or after they
are stored under ids that a repeat has too: so a crash in between doubles nothing.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from redis.asyncio import Redis

from delivery import scripts
from delivery.mailbox import unavailable

_PAGE = 10

# KEYS: dead, due, unread   ARGV: prefix, contact, entry, reason, how many bodies go back, bodies
# that go back..., bodies that stay...
_REVIVE = """
if redis.call('XDEL', KEYS[1], ARGV[3]) == 0 then return 0 end
local clock = redis.call('TIME')
local now = string.format('%013.0f', clock[1] * 1000 + math.floor(clock[2] / 1000))
local last = 5 + ARGV[5]
for i = 6, last do redis.call('RPUSH', KEYS[3], now .. ARGV[i]) end
if last > 5 then
  redis.call('ZADD', KEYS[2], 'NX', now, ARGV[2])
  redis.call('PUBLISH', ARGV[1] .. 'bell', ARGV[2])
end
if last < #ARGV then
  local entry = {'contact', ARGV[2], 'reason', ARGV[4]}
  for i = last + 1, #ARGV do
    table.insert(entry, 'body')
    table.insert(entry, ARGV[i])
  end
  redis.call('XADD', KEYS[1], '*', unpack(entry))
end
return 1
"""

# KEYS: stream   ARGV: XRANGE or XREVRANGE, from, to, how many. By a script, because redis-py's own
# command keeps one `body` of several.
_READ = "return redis.call(ARGV[1], KEYS[1], ARGV[2], ARGV[3], 'COUNT', ARGV[4])"


@dataclass(frozen=True, slots=True)
class Entry:
    """One body in quarantine, or one batch with its contact."""

    name: str
    reason: str
    contact: str
    bodies: tuple[bytes, ...] = field(repr=False)


class GivenUp:
    """The two streams of a mailbox."""

    def __init__(self, client: Redis, mailbox: str) -> None:
        self._client = client
        self._keys = scripts.Keys(mailbox)
        self._revive = client.register_script(_REVIVE)
        self._read = client.register_script(_READ)

    def quarantined(self) -> AsyncGenerator[Entry]:
        """The bodies that are there when it begins, oldest first. Raises MailboxUnavailable."""
        return self._entries("quarantine")

    def dead(self) -> AsyncGenerator[Entry]:
        """The same of the batches."""
        return self._entries("dead")

    async def release(self, entry: Entry) -> None:
        """Take a body out of quarantine, whose events are stored."""
        with unavailable():
            await self._client.xdel(*self._keys.named("quarantine"), entry.name)

    async def revive(self, entry: Entry, back: Sequence[bytes], stays: Sequence[bytes]) -> bool:
        """Part a batch: bodies that are due again, and bodies that stay; false, it was gone."""
        keys = self._keys.named("dead", "due", f"unread:{entry.contact}")
        head = (self._keys.prefix, entry.contact, entry.name, entry.reason, len(back))
        with unavailable():
            return bool(await self._revive(keys=keys, args=(*head, *back, *stays)))

    async def _entries(self, stream: str) -> AsyncGenerator[Entry]:
        (key,) = self._keys.named(stream)
        newest = await self._page(key, "-", "+", newest_first=True)
        after = "-"
        while page := await self._page(key, after, newest[0].name if newest else "-"):
            for entry in page:
                yield entry
            after = f"({page[-1].name}"

    async def _page(
        self, key: str, first: str, last: str, *, newest_first: bool = False
    ) -> list[Entry]:
        between = ("XREVRANGE", last, first, 1) if newest_first else ("XRANGE", first, last, _PAGE)
        with unavailable():
            return [_entry(raw) for raw in cast("list[Any]", await self._read([key], between))]


def _entry(raw: list[Any]) -> Entry:
    name, flat = raw
    fields = list(zip(flat[::2], flat[1::2], strict=True))
    known = dict(fields)
    return Entry(
        name=name.decode(),
        reason=known[b"reason"].decode(errors="replace"),
        contact=known.get(b"contact", b"").decode(),
        bodies=tuple(value for field, value in fields if field == b"body"),
    )
