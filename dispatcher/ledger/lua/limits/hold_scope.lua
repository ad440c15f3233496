-- CarrierX asked for patience: no claim in this scope before then. A shorter wait never ends a longer one. Slower, it
-- lowers the scope's pace to seven tenths, once a hold and at most once a second; the pace grows back when the hold is
-- over.
-- ARGV: scope, ms from now, 1 if slower
-- Answers: ms until the hold ends
-- uses: now, pace
local SLOWER = 0.7 -- of the pace that there was
local SLOWEST = 0.01 -- of the rate
local SLOWER_AGAIN_MS = 1000
local scope, wait, slower = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local ends = math.max(tonumber(redis.call('HGET', 'mms:holds', scope) or 0), now + wait)
redis.call('HSET', 'mms:holds', scope, string.format('%.0f', ends))
if slower ~= '1' then return ends - now end
local known = redis.call('HGET', 'mms:pace', scope)
local part, since = string.match(known or '1:0', '^([%d.]+):(%d+)$')
part, since = tonumber(part), tonumber(since)
if now >= since then
  part = math.max(SLOWEST, pace_of(known) * SLOWER)
  since = now + SLOWER_AGAIN_MS
elseif ends <= since then
  return ends - now
end
redis.call('HSET', 'mms:pace', scope, string.format('%.4f:%.0f', part, math.max(ends, since)))
return ends - now
