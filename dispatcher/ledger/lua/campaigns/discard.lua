-- Forgets a draft and its file: nothing of it was ever sent. Its media lapse when nobody else needs them. ARGV: id
-- Answers: ok | the state that does not allow it
-- uses: keys, scopes, uploads
local id = ARGV[1]
local state = redis.call('HGET', ckey(id), 'state')
if state ~= 'draft' then return state or 'gone' end
upload_drop(id)
redis.call('ZREM', 'mms:campaigns', id)
redis.call('HDEL', 'mms:numbers', redis.call('HGET', ckey(id), 'serial'))
redis.call('HDEL', 'mms:rates', campaign_scope(id))
redis.call('UNLINK', ckey(id))
return 'ok'
