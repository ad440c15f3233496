-- A campaign's time is over: every claim reads that by itself; here a sweep is asked for. ARGV: id
-- Answers: ok | early | ended (nothing is left to expire)
-- uses: now, keys
local id = ARGV[1]
local state, ends = unpack(redis.call('HMGET', ckey(id), 'state', 'ends_at'))
if not ends or tonumber(ends) > now then return 'early' end
redis.call('ZREM', 'mms:expiring', id)
if state ~= 'running' and state ~= 'paused' then return 'ended' end
redis.call('SADD', 'mms:sweeping', id)
return 'ok'
