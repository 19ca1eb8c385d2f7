r"""Every operation is one Lua script that touches one key, so a cluster takes it.

A thread is one HASH with the fields (\31 and \30 separate, they never occur in a name):

    h\31<ns>                            id of the newest checkpoint
    c\31<ns>\31<id>                     a checkpoint, beginning with the parent's id and \31
    i\31<ns>\31<id>                     names of its pending writes, each followed by \30
    w\31<ns>\31<id>\31<task>\31<idx>    one pending write

Each script that may create the key sets its expiry before it returns.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from redis.typing import EncodableT

FIELD: Final = "\x1f"


class Script(NamedTuple):
    """A Lua text and its digest."""

    text: str
    sha: str


class Call(NamedTuple):
    """A script to run on one key."""

    script: Script
    key: str
    arguments: Sequence[EncodableT] = ()


def _script(*parts: str) -> Script:
    text = "".join(parts)
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


_START = r"""
local key = KEYS[1]
local function field(kind, ns, id) return kind .. '\31' .. ns .. '\31' .. id end
local function names(ns, id)
  return string.gmatch(redis.call('HGET', key, field('i', ns, id)) or '', '([^\30]+)\30')
end
"""

_EXPIRE = r"""
local function expire(ttl, at)
  if at ~= '' then redis.call('EXPIREAT', key, at) else redis.call('EXPIRE', key, ttl) end
end
"""

_DROP = r"""
local function drop(ns, id)
  for name in names(ns, id) do redis.call('HDEL', key, field('w', ns, id) .. '\31' .. name) end
  redis.call('HDEL', key, field('i', ns, id), field('c', ns, id))
end
"""

# Writes may arrive before their checkpoint (their id is then above the head's) and after the
# next one (below it): the former stay, the latter go with the next put.
_TRIM = r"""
local function trim(ns, head, keep)
  local older = {}
  for _, name in ipairs(redis.call('HKEYS', key)) do
    local kind, space, id = string.match(name, '^([ci])\31(.*)\31([^\31]*)$')
    if space == ns and id ~= head then
      if kind == 'c' then
        older[#older + 1] = id
      elseif id < head and redis.call('HEXISTS', key, field('c', ns, id)) == 0 then
        drop(ns, id)
      end
    end
  end
  table.sort(older, function(a, b) return a > b end)
  for n = keep, #older do drop(ns, older[n]) end
end
"""

# A subgraph that a task runs has a namespace of its own ("node:task id"). Its tasks were planned
# by the root's head, so whatever is older than a new head belongs to tasks that are over.
_SWEEP = r"""
local function sweep(head)
  local newest, found = {}, {}
  for _, name in ipairs(redis.call('HKEYS', key)) do
    local ns, id = string.match(name, '^[ci]\31(.*)\31([^\31]*)$')
    if ns and string.find(ns, ':', 1, true) then
      found[#found + 1] = {ns, id}
      if (newest[ns] or '') < id then newest[ns] = id end
    end
  end
  for _, one in ipairs(found) do
    if newest[one[1]] < head then
      drop(one[1], one[2])
      redis.call('HDEL', key, 'h\31' .. one[1])
    end
  end
end
"""

IDS: Final = _script(
    _START,
    r"""
local found = {}
for _, name in ipairs(redis.call('HKEYS', key)) do
  local ns, id = string.match(name, '^c\31(.*)\31([^\31]*)$')
  if ns then found[#found + 1] = {ns, id} end
end
return found
""",
)
"""Reply: [ns, id] of every checkpoint."""

READ: Final = _script(
    _START,
    r"""
local found = {}
for i = 1, #ARGV, 2 do
  local ns, id = ARGV[i], ARGV[i + 1]
  local head = id == '' and redis.call('HGET', key, 'h\31' .. ns)
  if head then id = head end
  local blob = redis.call('HGET', key, field('c', ns, id))
  if blob or head then
    local writes = {}
    for name in names(ns, id) do
      writes[#writes + 1] = name
      writes[#writes + 1] = redis.call('HGET', key, field('w', ns, id) .. '\31' .. name)
    end
    found[#found + 1] = {ns, id, blob or '', writes}
  end
end
return found
""",
)
"""Arguments: pairs of ns, id ("" for the newest). Reply: [ns, id, blob, [name, blob, ...]]."""

# A run whose answer was lost repeats its put: it finds its own checkpoint as the head, or a
# head that already stands on it. A child of the head is newer than it whatever their ids say
# (ids are times, and clocks of two machines differ).
PUT: Final = _script(
    _START,
    _EXPIRE,
    _DROP,
    _TRIM,
    _SWEEP,
    r"""
local ns, id, parent, blob = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local fence, keep = ARGV[5] == '1', tonumber(ARGV[6])
local head = redis.call('HGET', key, 'h\31' .. ns) or ''
if fence and head ~= parent and head ~= id then
  local newest = redis.call('HGET', key, field('c', ns, head))
  if newest and string.sub(newest, 1, #id + 1) == id .. '\31' then return 1 end
  return 0
end
redis.call('HSET', key, field('c', ns, id), blob)
if head == parent or head < id then
  head = id
  redis.call('HSET', key, 'h\31' .. ns, head)
  if keep > 0 and ns == '' then sweep(head) end
end
if keep > 0 then trim(ns, head, keep) end
expire(ARGV[7], ARGV[8])
return 1
""",
)
"""Arguments: ns, id, parent, blob, fence, keep, ttl, expires at. Reply: 0 when fenced off."""

PUT_WRITES: Final = _script(
    _START,
    _EXPIRE,
    r"""
local ns, id = ARGV[1], ARGV[2]
local known = redis.call('HGET', key, field('i', ns, id)) or ''
for i = 5, #ARGV, 3 do
  local name, again = ARGV[i], ARGV[i + 1] == '1'
  local place = field('w', ns, id) .. '\31' .. name
  local new = redis.call('HEXISTS', key, place) == 0
  if new then known = known .. name .. '\30' end
  if new or again then redis.call('HSET', key, place, ARGV[i + 2]) end
end
redis.call('HSET', key, field('i', ns, id), known)
expire(ARGV[3], ARGV[4])
return 1
""",
)
"""Arguments: ns, id, ttl, expires at, then for each write: name, overwrite, blob."""

PRUNE: Final = _script(
    _START,
    _DROP,
    _TRIM,
    r"""
for _, name in ipairs(redis.call('HKEYS', key)) do
  local ns = string.match(name, '^h\31(.*)$')
  if ns then trim(ns, redis.call('HGET', key, name), 1) end
end
""",
)

# Here and in RESTORE the writes come first: a full Redis refuses them, and then nothing is lost.
DROP: Final = _script(
    _START,
    _DROP,
    r"""
local ns, id = ARGV[1], ARGV[2]
if redis.call('HGET', key, 'h\31' .. ns) == id then
  local newest = ''
  for _, name in ipairs(redis.call('HKEYS', key)) do
    local space, other = string.match(name, '^c\31(.*)\31([^\31]*)$')
    if space == ns and other ~= id and other > newest then newest = other end
  end
  if newest == '' then
    redis.call('HDEL', key, 'h\31' .. ns)
  else
    redis.call('HSET', key, 'h\31' .. ns, newest)
  end
end
drop(ns, id)
""",
)
"""Arguments: ns, id. A dropped head passes to the newest that is left."""

DUMP: Final = _script("return {redis.call('PTTL', KEYS[1]), redis.call('HGETALL', KEYS[1])}")
"""Reply: milliseconds left (-2: no such thread), [field, value, ...]."""

RESTORE: Final = _script(
    r"""
local new = {}
for i = 2, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  new[ARGV[i]] = true
end
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  if not new[name] then redis.call('HDEL', KEYS[1], name) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
"""
)
"""Arguments: milliseconds to live, then field, value, ... The thread is replaced."""

FORGET: Final = _script("return redis.call('UNLINK', KEYS[1])")
