-- A cancelled or failed campaign has no pending row any more: what CarrierX took settles, the file is forgotten. ARGV:
--       id
-- Answers: ok | more (there are rows to end)
-- uses: now, keys, campaign_end, uploads
local id = ARGV[1]
local c = redis.call('HMGET', ckey(id, 'counts'), 'p', 's')
if tonumber(c[1] or 0) + tonumber(c[2] or 0) > 0 then return 'more' end
if redis.call('HGET', ckey(id), 'state') == 'cancelling' then
  redis.call('HSET', ckey(id), 'state', 'cancelled', 'finished_at', now)
end
if redis.call('SREM', 'mms:sweeping', id) == 1 then
  redis.call('SREM', 'mms:urgent', id)
  redis.call('ZREM', 'mms:expiring', id)
  redis.call('ZADD', 'mms:settle', now + tonumber(redis.call('HGET', ckey(id), 'settle_ms') or 0), id)
  upload_drop(id)
  end_if_done(id)
end
return 'ok'
