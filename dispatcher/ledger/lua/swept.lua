-- A cancelled or failed campaign has no pending row any more. ARGV: id
-- Answers: ok | more (there are rows to end)
local id = ARGV[1]
local c = redis.call('HMGET', ckey(id, 'counts'), 'p', 's')
if tonumber(c[1] or 0) + tonumber(c[2] or 0) > 0 then return 'more' end
if redis.call('HGET', ckey(id), 'state') == 'cancelling' then
  redis.call('HSET', ckey(id), 'state', 'cancelled', 'finished_at', now)
end
redis.call('SREM', 'mms:sweeping', id)
return 'ok'
