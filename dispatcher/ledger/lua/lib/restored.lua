-- Prelude of what tells a ledger that was put back from an older copy. While `mms:restored` is there nothing is
-- claimed.
-- uses: now
local function restored_mark(why, since)
  if redis.call('HSETNX', 'mms:restored', 'why', why) == 0 then return end
  since = since ~= '' and since or redis.call('HGET', 'mms:ticks', 'at') or now
  redis.call('HSET', 'mms:restored', 'at', string.format('%.0f', now), 'since', since)
end
