-- A draft is sent: from now on it is read, and starts when its time has come. ARGV: id, start in ms (nothing: at once),
--   1 if the same may be a campaign already
-- Answers: ok | same ID (a campaign of the last 24 h, neither cancelled nor failed) | the state that does not allow it
-- uses: keys, duplicates
local id, start_at, again = unpack(ARGV)
local state, digest = unpack(redis.call('HMGET', ckey(id), 'state', 'draft'))
if state ~= 'draft' then return state or 'gone' end
local same = duplicate_of(id, digest, again == '1')
if same then return same end
redis.call('HDEL', ckey(id), 'draft', 'start_at')
if start_at ~= '' then redis.call('HSET', ckey(id), 'start_at', start_at) end
redis.call('HSET', ckey(id), 'state', 'checking')
redis.call('SADD', 'mms:reading', id)
return 'ok'
