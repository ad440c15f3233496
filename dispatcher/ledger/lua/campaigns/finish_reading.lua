-- The whole file is in batches: the campaign is ready, and scheduled or running. ARGV: id, rows, reader's token
-- Answers: the new state | lost
-- uses: now, keys, reading, uploads
local id, rows, token = unpack(ARGV)
if not is_reader(id, token) then return 'lost' end
redis.call('HSET', ckey(id), 'read', 1, 'rows', rows, 'state', 'scheduled')
redis.call('HDEL', ckey(id), 'reason', 'readers')
redis.call('SREM', 'mms:reading', id)
redis.call('DEL', ckey(id, 'expanding'))
upload_drop(id)
redis.call('ZADD', 'mms:starts', tonumber(redis.call('HGET', ckey(id), 'start_at')) or now, id)
return 'scheduled'
