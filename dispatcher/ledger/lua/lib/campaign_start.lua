-- Prelude of start and offer: a campaign whose file is read and whose time has come runs from now on.
-- uses: now, keys, campaign_end
local function start(id)
  local life, urgent = unpack(redis.call('HMGET', ckey(id), 'expires_ms', 'urgent'))
  redis.call('HSET', ckey(id), 'state', 'running', 'started_at', now)
  redis.call('ZREM', 'mms:starts', id)
  if life then
    redis.call('HSET', ckey(id), 'ends_at', string.format('%.0f', now + life))
    redis.call('ZADD', 'mms:expiring', now + life, id)
  end
  if urgent then redis.call('SADD', 'mms:urgent', id) end
  local first = redis.call('ZRANGE', ckey(id, 'due'), 0, 0, 'WITHSCORES')
  if first[2] then redis.call('ZADD', 'mms:due', first[2], id) end
  end_if_done(id)
end
