-- Gives a campaign that has not started another start. ARGV: id, ms of the new one, its settings as they are now, JSON
-- Answers: ok | the state that does not allow it
-- uses: keys
local id, at, settings = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local state, started = unpack(redis.call('HMGET', ckey(id), 'state', 'started_at'))
local waits = state == 'scheduled' or state == 'checking' or state == 'paused'
if started or not waits then return state or 'gone' end
redis.call('HSET', ckey(id), 'start_at', string.format('%.0f', at), 'settings', settings)
if state == 'scheduled' then redis.call('ZADD', 'mms:starts', at, id) end
return 'ok'
