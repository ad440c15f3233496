-- A draft is sent: from now on it is read, and starts when its time has come. ARGV: id, start in ms (nothing: at once),
--   1 if the same may be a campaign already
-- Answers: ok | same ID (a campaign of the last 24 h, neither cancelled nor failed) | the state that does not allow it
-- uses: rows
local id, start_at, again = unpack(ARGV)
local state, digest = unpack(redis.call('HMGET', ckey(id), 'state', 'draft'))
if state ~= 'draft' then return state or 'gone' end
local earlier = redis.call('GET', 'mms:same:' .. digest)
local other = earlier and again ~= '1' and redis.call('HGET', ckey(earlier), 'state')
if other and other ~= 'cancelling' and other ~= 'cancelled' and other ~= 'failed' then return 'same ' .. earlier end
redis.call('SET', 'mms:same:' .. digest, id, 'EX', 86400)
redis.call('HDEL', ckey(id), 'draft', 'start_at')
if start_at ~= '' then redis.call('HSET', ckey(id), 'start_at', start_at) end
redis.call('HSET', ckey(id), 'state', 'checking')
redis.call('SADD', 'mms:reading', id)
return 'ok'
