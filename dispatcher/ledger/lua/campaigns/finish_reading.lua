-- The whole file is in batches: the campaign is ready, and scheduled or running. ARGV: id, rows, reader's token
-- Answers: the new state | lost
-- uses: rows
local id, rows, token = unpack(ARGV)
local state, start_at = unpack(redis.call('HMGET', ckey(id), 'state', 'start_at'))
if state ~= 'checking' or redis.call('GET', ckey(id, 'expanding')) ~= token then return 'lost' end
redis.call('HSET', ckey(id), 'read', 1, 'rows', rows, 'state', 'scheduled')
redis.call('HDEL', ckey(id), 'reason', 'readers')
redis.call('SREM', 'mms:reading', id)
redis.call('DEL', ckey(id, 'expanding'))
upload_drop(id)
redis.call('ZADD', 'mms:starts', tonumber(start_at) or now, id)
return 'scheduled'
