-- CarrierX asked for patience: no claim in this scope before then. A shorter wait never ends a longer one.
-- ARGV: scope, ms from now
-- Answers: ms until the hold ends
local scope, wait = ARGV[1], tonumber(ARGV[2])
local known = tonumber(redis.call('HGET', 'mms:holds', scope) or 0)
local ends = math.max(known, now + wait)
redis.call('HSET', 'mms:holds', scope, ends)
return ends - now
