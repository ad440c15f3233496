-- Prelude of whatever may have moved a campaign's last row: how it ends.
-- uses: now, keys, fair_leave

-- The letter that a row gets which nobody will send any more: the campaign was ended by hand or ran out of time. Or
-- nil.
local function ended_as(id)
  local state, ends = unpack(redis.call('HMGET', ckey(id), 'state', 'ends_at'))
  if state == 'cancelling' or state == 'cancelled' or state == 'failed' then return 'c' end
  return ends and tonumber(ends) <= now and 'e' or nil
end

-- Completed: the file is read and nothing is pending, sending or unconfirmed. Settled: all rows are final, those of a
-- campaign that was cancelled or failed too.
local function end_if_done(id)
  local key = ckey(id)
  local state, read, window, ends = unpack(redis.call('HMGET', key, 'state', 'read', 'settle_ms', 'ends_at'))
  if state == 'paused' and ends and tonumber(ends) <= now then state = 'running' end -- nothing is left to resume
  local ended = state == 'cancelled' or state == 'failed'
  if not (ended or (read == '1' and (state == 'running' or state == 'completed'))) then return end
  local c = redis.call('HMGET', ckey(id, 'counts'), 'p', 's', 'u', 'q', 't')
  for i = 1, 5 do c[i] = tonumber(c[i] or 0) end
  if c[1] + c[2] + c[3] > 0 then return end
  if state == 'running' then
    redis.call('HSET', key, 'state', 'completed', 'finished_at', now)
    redis.call('HDEL', key, 'reason')
    redis.call('ZREM', 'mms:due', id)
    fair_leave(id)
    redis.call('ZREM', 'mms:expiring', id)
    redis.call('SREM', 'mms:urgent', id)
    redis.call('ZADD', 'mms:settle', now + tonumber(window), id)
  end
  if c[4] + c[5] > 0 then return end
  if redis.call('HSETNX', key, 'settled_at', now) == 1 then redis.call('ZREM', 'mms:settle', id) end
end
