-- The file cannot be used: nothing of it will be sent, and a sweep ends the rows read so far. ARGV: id, reason,
--       reader's token
-- Answers: ok | lost
-- uses: now, keys, reading
local id, reason, token = unpack(ARGV)
if not is_reader(id, token) then return 'lost' end
redis.call('HSET', ckey(id), 'state', 'failed', 'reason', reason, 'finished_at', now)
redis.call('SREM', 'mms:reading', id)
redis.call('DEL', ckey(id, 'expanding'))
redis.call('SADD', 'mms:sweeping', id)
return 'ok'
