-- Ends a campaign that has not started; one that has goes on. ARGV: id, reason
-- Answers: ok | started | gone (there is none, or it has ended)
-- uses: keys
local id, reason = unpack(ARGV)
local state, started = unpack(redis.call('HMGET', ckey(id), 'state', 'started_at'))
if started then return 'started' end
if state ~= 'scheduled' and state ~= 'checking' and state ~= 'paused' then return 'gone' end
redis.call('HSET', ckey(id), 'state', 'cancelling', 'reason', reason)
redis.call('ZREM', 'mms:starts', id)
redis.call('SREM', 'mms:reading', id)
redis.call('SADD', 'mms:sweeping', id)
return 'ok'
