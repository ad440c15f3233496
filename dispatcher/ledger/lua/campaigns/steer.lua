-- Changes a campaign's state by hand; every claim reads it. ARGV: id, to (paused | running | cancelling), reason
-- Answers: ok | the state that does not allow it
-- uses: now, keys, batch_lease, campaign_end, fair_leave
local id, to, reason = unpack(ARGV)
local state, started, read = unpack(redis.call('HMGET', ckey(id), 'state', 'started_at', 'read'))
local allowed = {
  paused = { running = true, scheduled = true, paused = true },
  running = { paused = true, running = true, scheduled = true },
  cancelling = { running = true, scheduled = true, paused = true, checking = true, ready = true, cancelling = true },
}
if to == 'cancelling' and state == 'cancelled' then return 'ok' end -- asked again, after the sweep
if not (allowed[to] or {})[state] then return state or 'gone' end
if to == 'running' and state == 'paused' and read ~= '1' then -- its file could not be read: it is tried again
  redis.call('HSET', ckey(id), 'state', 'checking')
  redis.call('HDEL', ckey(id), 'reason')
  redis.call('SADD', 'mms:reading', id)
  return 'ok'
end
if to == 'running' and not started then to = 'scheduled' end
redis.call('HSET', ckey(id), 'state', to)
if to ~= 'running' and to ~= 'scheduled' then
  redis.call('HSET', ckey(id), 'reason', reason)
  redis.call('ZREM', 'mms:due', id)
  redis.call('ZREM', 'mms:starts', id)
  fair_leave(id)
  if to == 'cancelling' then
    redis.call('SADD', 'mms:sweeping', id)
    redis.call('SREM', 'mms:reading', id)
  end
else
  redis.call('HDEL', ckey(id), 'reason', 'rest', 'rest_for', 'asked', 'misfits')
  redis.call('DEL', ckey(id, 'lately')) -- a person looked: what a brake counted is forgotten
  if to == 'scheduled' then redis.call('ZADD', 'mms:starts', redis.call('HGET', ckey(id), 'start_at') or now, id) end
  for _, name in ipairs(redis.call('ZRANGE', 'mms:offered', 0, -1)) do -- its hint may have come while nothing was to go
    local batch = string.sub(name, 1, #id + 1) == id .. ':' and string.sub(name, #id + 2)
    if batch and meta_read(ckey(id, 'r:' .. batch)).lease <= now then
      redis.call('ZREM', 'mms:offered', name)
      if redis.call('ZSCORE', ckey(id, 'due'), batch) then redis.call('ZADD', ckey(id, 'due'), now, batch) end
    end
  end
  local first = redis.call('ZRANGE', ckey(id, 'due'), 0, 0, 'WITHSCORES')
  if to == 'running' and first[2] then redis.call('ZADD', 'mms:due', first[2], id) end
  end_if_done(id)
end
return 'ok'
