-- The last of a campaign whose numbers and texts were erased: its counts, times and names are gone too. ARGV: id
-- Answers: ok | the state of a campaign that is not erased | gone
-- uses: keys
local id = ARGV[1]
local key = ckey(id)
local state, erased, serial = unpack(redis.call('HMGET', key, 'state', 'erased_at', 'serial'))
if not erased then return state or 'gone' end
if redis.call('HGET', 'mms:numbers', serial) == id then redis.call('HDEL', 'mms:numbers', serial) end
redis.call('ZREM', 'mms:campaigns', id)
redis.call('ZREM', 'mms:answers', id)
redis.call('UNLINK', key, ckey(id, 'counts'), ckey(id, 'heard'), ckey(id, 'lately'))
return 'ok'
