"""The mailbox's Lua beside the turns: quarantine, erasure, retention, figures. Keys: `scripts`."""

from delivery.scripts import KEEP, NOW, STAMP_DIGITS

# KEYS: quarantine, dropped   ARGV: body, reason, cap
QUARANTINE = (
    KEEP
    + """
local gone = keep(KEYS[1], ARGV[3], {'reason', ARGV[2], 'body', ARGV[1]})
if gone > 0 then redis.call('HINCRBY', KEYS[2], 'quarantine', gone) end
return gone
"""
)

# KEYS: due, unread, turn, dead, token, alias...   ARGV: contact
# Gives a fencing token: every lease of the contact so far has a lower one.
FORGET = (
    NOW
    + """
redis.call('DEL', KEYS[2], KEYS[3], unpack(KEYS, 6))
redis.call('ZREM', KEYS[1], ARGV[1])
for _, entry in ipairs(redis.call('XRANGE', KEYS[4], '-', '+')) do
  if entry[2][2] == ARGV[1] then redis.call('XDEL', KEYS[4], entry[1]) end
end
local token = digits(math.max(micros, (redis.call('GET', KEYS[5]) or 0) + 1))
redis.call('SET', KEYS[5], token)
return token
"""
)

# KEYS: due, quarantine   ARGV: prefix, '1' when unread entries are blanked, texts...
# A blanked entry keeps its place, which a lease may count on.
BLANK = f"""
local function names(body)
  for i = 3, #ARGV do if string.find(body, ARGV[i], 1, true) then return true end end
end
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
  for _, value in ipairs(entry[2]) do
    if names(value) then redis.call('XDEL', KEYS[2], entry[1]) break end
  end
end
if ARGV[2] ~= '1' then return 'ok' end
for _, contact in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local unread = ARGV[1] .. 'unread:' .. contact
  for place, body in ipairs(redis.call('LRANGE', unread, 0, -1)) do
    if names(body) then
      redis.call('LSET', unread, place - 1, string.sub(body, 1, {STAMP_DIGITS}) .. '{{}}')
    end
  end
end
return 'ok'
"""

# KEYS: streams...   ARGV: seconds
DROP_OLDER = (
    NOW
    + """
for _, stream in ipairs(KEYS) do
  redis.call('XTRIM', stream, 'MINID', digits(now - ARGV[1] * 1000))
end
return 'ok'
"""
)

# KEYS: due   ARGV: prefix, texts...
MENTIONED = """
local found = {}
for _, contact in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  for _, body in ipairs(redis.call('LRANGE', ARGV[1] .. 'unread:' .. contact, 0, -1)) do
    for i = 2, #ARGV do
      if string.find(body, ARGV[i], 1, true) then found[ARGV[i]] = true end
    end
  end
end
local texts = {}
for text in pairs(found) do table.insert(texts, text) end
return texts
"""

# KEYS: due, dead, quarantine, dropped
FIGURES = (
    NOW
    + """
local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
local dropped = redis.call('HMGET', KEYS[4], 'dead', 'quarantine')
return {
  redis.call('ZCOUNT', KEYS[1], '-inf', digits(now)), redis.call('ZCARD', KEYS[1]),
  math.max(0, now - (first or now)), redis.call('XLEN', KEYS[2]), redis.call('XLEN', KEYS[3]),
  tonumber(dropped[1] or 0), tonumber(dropped[2] or 0),
}
"""
)

ALL = (QUARANTINE, FORGET, BLANK, DROP_OLDER, MENTIONED, FIGURES)
