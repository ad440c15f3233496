-- Prelude of whatever may stop a campaign by itself: it is paused, and says why.
-- uses: keys, fair_leave
local function pause(id, reason)
  if redis.call('HGET', ckey(id), 'state') ~= 'running' then return end
  redis.call('HSET', ckey(id), 'state', 'paused', 'reason', reason)
  redis.call('ZREM', 'mms:due', id)
  fair_leave(id)
end
