-- Says how a callback receiver is, and forgets those that were heard of too long ago.
-- ARGV: its name, what it says (nothing: it is gone, and has nothing), for how many seconds that counts, ms after which
--   one that is not heard of is forgotten
-- Answers: nothing
-- uses: now
local name, said, life, forgotten = unpack(ARGV)
local DOORS, HEARD = 'mms:doors', 'mms:doors:heard'
local function forget(door)
  redis.call('DEL', 'mms:door:' .. door)
  redis.call('SREM', DOORS, door)
  redis.call('ZREM', HEARD, door)
end
if said == '' then
  forget(name)
else
  redis.call('SET', 'mms:door:' .. name, said, 'EX', life)
  redis.call('SADD', DOORS, name)
  redis.call('ZADD', HEARD, now, name)
end
for _, door in ipairs(redis.call('SMEMBERS', DOORS)) do -- earlier versions did not say when
  if not redis.call('ZSCORE', HEARD, door) then redis.call('ZADD', HEARD, now, door) end
end
for _, door in ipairs(redis.call('ZRANGEBYSCORE', HEARD, '-inf', now - forgotten)) do forget(door) end
