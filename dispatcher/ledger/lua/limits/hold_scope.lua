-- CarrierX asked for patience: no claim in this scope before then. A shorter wait never ends a longer one. Slower, it lowers
-- the scope's pace to seven tenths, once a hold and at most once a second; the pace grows back when the hold is over.
-- ARGV: scope, ms from now, 1 if slower
-- Answers: ms until the hold ends
-- uses: rows
local scope, wait, slower = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local ends = math.max(tonumber(redis.call('HGET', 'mms:holds', scope) or 0), now + wait)
redis.call('HSET', 'mms:holds', scope, string.format('%.0f', ends))
if slower ~= '1' then return ends - now end
local part, since = string.match(redis.call('HGET', 'mms:pace', scope) or '1:0', '^([%d.]+):(%d+)$')
part, since = tonumber(part), tonumber(since)
if now >= since then
  part = math.max(0.01, math.min(1, part + (since > 0 and now - since or 0) / 100000) * 0.7)
  since = now + 1000
elseif ends <= since then
  return ends - now
end
redis.call('HSET', 'mms:pace', scope, string.format('%.4f:%.0f', part, math.max(ends, since)))
return ends - now
