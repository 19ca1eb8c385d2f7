"""The mailbox's Lua: each script beside the keys and arguments that it takes.

All keys of a mailbox stand under one hash tag:

    due             sorted set: contact -> next moment it may run (ms of Redis TIME). The score is
                    schedule, lease, backoff and takeover at once
    unread:CONTACT  list, oldest first: 13 digits of arrival time in ms, then the body
    turn:CONTACT    hash: `token` of the lease; `tries`, `lapsed`; of a sealed batch `turn`,
                    `count`, `frozen`; `halt`, the place of the last urgent entry in the list
    seen:ID         string, expires: this message was pushed
    alias:HASH      string, expires: the contact whom this identifier names
    token           string: the last fencing token given out
    dead, quarantine  streams of what was given up; `dropped`: hash, what their caps let go
    bell            pub/sub channel of contact ids that have something to take
"""

from dataclasses import dataclass

STAMP_DIGITS = 13

NOW = """
local clock = redis.call('TIME')
local micros = clock[1] * 1000000 + clock[2]
local now = math.floor(micros / 1000)
local function digits(number) return string.format('%.0f', number) end
"""

# KEYS: due   ARGV: prefix, seconds to remember, seconds to keep an alias, posts as JSON, body...
# A post: contact, message id or '', aliases, whether it is urgent. They are no arguments of their
# own, since packing those takes redis-py longer than all the rest of a push.
# Redis checks its memory before the first write of a script: all posts are stored, or none is.
PUSH = (
    NOW
    + """
local prefix, remember, keep = ARGV[1], ARGV[2], ARGV[3]
local function seen(id)
  return id ~= '' and not redis.call('SET', prefix .. 'seen:' .. id, '', 'NX', 'EX', remember)
end
local function named(contact, aliases)
  local names, first = {}, nil
  for i, alias in ipairs(aliases) do
    names[i] = redis.call('GETEX', prefix .. 'alias:' .. alias, 'EX', keep)
    first = first or names[i]
  end
  for i, alias in ipairs(aliases) do
    if not first or names[i] ~= first then
      redis.call('SET', prefix .. 'alias:' .. alias, first or contact, 'EX', keep)
    end
  end
  return first or contact
end
local stamp, new = string.format('%013.0f', now), 0
for i, post in ipairs(cjson.decode(ARGV[4])) do
  if not seen(post[2]) then
    local contact = named(post[1], post[3])
    local place = redis.call('RPUSH', prefix .. 'unread:' .. contact, stamp .. ARGV[4 + i])
    if post[4] then redis.call('HSET', prefix .. 'turn:' .. contact, 'halt', place) end
    redis.call('ZADD', KEYS[1], 'NX', digits(now), contact)
    redis.call('PUBLISH', prefix .. 'bell', contact)
    new = new + 1
  end
end
return new
"""
)

# a sealed batch comes back exactly as it was sealed
_LEASE = """
local function lease(unread, turn, contact, token, most)
  local kept = redis.call('HMGET', turn, 'count', 'turn', 'frozen', 'tries', 'lapsed')
  local bodies = redis.call('LRANGE', unread, 0, (kept[1] or most) - 1)
  return {contact, token, bodies, kept[2], kept[3], kept[4], kept[5]}
end
"""

# KEYS: due, token   ARGV: prefix, lease in ms, most messages in a batch, most contacts
# A token is never lower than the clock, so that a Redis that lost its data gives out no old one.
CLAIM = (
    NOW
    + _LEASE
    + """
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', digits(now), 'LIMIT', 0, ARGV[4])
local leases = {}
for _, contact in ipairs(due) do
  local unread, turn = ARGV[1] .. 'unread:' .. contact, ARGV[1] .. 'turn:' .. contact
  if redis.call('EXISTS', unread) == 1 then
    local token = digits(math.max(micros, (redis.call('GET', KEYS[2]) or 0) + 1))
    redis.call('SET', KEYS[2], token)
    if redis.call('HEXISTS', turn, 'token') == 1 then redis.call('HINCRBY', turn, 'lapsed', 1) end
    redis.call('HSET', turn, 'token', token)
    redis.call('ZADD', KEYS[1], digits(now + ARGV[2]), contact)
    table.insert(leases, lease(unread, turn, contact, token, ARGV[3]))
  else
    redis.call('ZREM', KEYS[1], contact)
    redis.call('DEL', turn)
  end
end
return leases
"""
)

# Every script below: KEYS: due, unread, turn, ...   ARGV: token, contact, ...
_FENCE = NOW + "if redis.call('HGET', KEYS[3], 'token') ~= ARGV[1] then return 'lost' end\n"

# ARGV: ..., lease in ms
RENEW = (
    _FENCE
    + """
redis.call('ZADD', KEYS[1], digits(now + ARGV[3]), ARGV[2])
return redis.call('LLEN', KEYS[2])
"""
)

# ARGV: ..., lease in ms, most messages in a batch
REREAD = (
    _FENCE
    + _LEASE
    + """
redis.call('ZADD', KEYS[1], digits(now + ARGV[3]), ARGV[2])
return lease(KEYS[2], KEYS[3], ARGV[2], ARGV[1], ARGV[4])
"""
)

# ARGV: ..., lease in ms, turn id, messages in the batch, frozen, how many unread are too many
# or '', most messages in a batch. An urgent entry that the batch could take in is always too many.
SEAL = (
    _FENCE
    + """
local sealed = redis.call('HGET', KEYS[3], 'turn')
if sealed and sealed ~= ARGV[4] then return 'other' end
if not sealed then
  if ARGV[7] ~= '' and redis.call('LLEN', KEYS[2]) >= tonumber(ARGV[7]) then return 'newer' end
  local halt, count = redis.call('HGET', KEYS[3], 'halt'), tonumber(ARGV[5])
  if halt and tonumber(halt) > count and count < tonumber(ARGV[8]) then return 'newer' end
  redis.call('HSET', KEYS[3], 'turn', ARGV[4], 'count', ARGV[5], 'frozen', ARGV[6])
end
redis.call('ZADD', KEYS[1], digits(now + ARGV[3]), ARGV[2])
return 'ok'
"""
)

# what arrived after the batch is due at once, and its bell rang too early
_FINISH = """
redis.call('LTRIM', KEYS[2], count, -1)
redis.call('DEL', KEYS[3])
if redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('ZADD', KEYS[1], digits(now), ARGV[2])
  redis.call('PUBLISH', string.gsub(KEYS[1], 'due$', 'bell'), ARGV[2])
else
  redis.call('ZREM', KEYS[1], ARGV[2])
end
return 'ok'
"""
_COUNT = "local count = redis.call('HGET', KEYS[3], 'count') or ARGV[3]\n"

# ARGV: ..., messages in the batch
COMMIT = _FENCE + _COUNT + _FINISH

# KEYS: ..., unread of the other   ARGV: ..., prefix, the other contact, seconds to keep an alias,
# alias... Entries go behind what the other has: a worker may hold the front of it.
REHOME = (
    _FENCE
    + """
for _, entry in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  redis.call('RPUSH', KEYS[4], entry)
end
for i = 6, #ARGV do
  redis.call('SET', ARGV[3] .. 'alias:' .. ARGV[i], ARGV[4], 'EX', ARGV[5])
end
redis.call('DEL', KEYS[2], KEYS[3])
redis.call('ZREM', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[1], 'NX', digits(now), ARGV[4])
redis.call('PUBLISH', ARGV[3] .. 'bell', ARGV[4])
return 'ok'
"""
)

KEEP = """
local function keep(stream, cap, entry)
  redis.call('XADD', stream, '*', unpack(entry))
  return redis.call('XTRIM', stream, 'MAXLEN', cap)
end
"""

# KEYS: ..., dead, dropped   ARGV: ..., messages in the batch, reason, cap
BURY = (
    _FENCE
    + _COUNT
    + KEEP
    + f"""
local entry = {{'contact', ARGV[2], 'reason', ARGV[4]}}
for _, body in ipairs(redis.call('LRANGE', KEYS[2], 0, count - 1)) do
  table.insert(entry, 'body')
  table.insert(entry, string.sub(body, {STAMP_DIGITS + 1}))
end
local gone = keep(KEYS[4], ARGV[5], entry)
if gone > 0 then redis.call('HINCRBY', KEYS[5], 'dead', gone) end
"""
    + _FINISH
)

# ARGV: ..., delay in ms, '1' when the try failed, '1' when it was begun
GIVE_BACK = (
    _FENCE
    + """
redis.call('HDEL', KEYS[3], 'token')
if ARGV[5] == '1' then redis.call('HDEL', KEYS[3], 'lapsed') end
if ARGV[4] == '1' then redis.call('HINCRBY', KEYS[3], 'tries', 1) end
redis.call('ZADD', KEYS[1], digits(now + ARGV[3]), ARGV[2])
return 'ok'
"""
)

ALL = (PUSH, CLAIM, RENEW, REREAD, SEAL, COMMIT, REHOME, BURY, GIVE_BACK)


@dataclass(frozen=True, slots=True)
class Keys:
    """The names of a mailbox's keys."""

    mailbox: str

    @property
    def prefix(self) -> str:
        return f"{{{self.mailbox}}}:"

    @property
    def bell(self) -> str:
        return self.prefix + "bell"

    def named(self, *names: str) -> tuple[str, ...]:
        return tuple(self.prefix + name for name in names)

    def leased(self, contact: str) -> tuple[str, ...]:
        return self.named("due", f"unread:{contact}", f"turn:{contact}")
