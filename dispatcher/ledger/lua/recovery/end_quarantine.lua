-- All batches of a doubted campaign were gone through: it goes on. ARGV: id
-- Answers: ok | reading (more batches will come) | more (there are batches to go through)
-- uses: keys, campaign_end
local id = ARGV[1]
local state, doubt, doubted, batches = unpack(redis.call('HMGET', ckey(id), 'state', 'doubt', 'doubted', 'batches'))
if doubt and (state == 'checking' or state == 'draft') then return 'reading' end
if doubt and state and state ~= 'failed' and tonumber(doubted) < tonumber(batches) then return 'more' end
redis.call('SREM', 'mms:doubt', id)
if not doubt then return 'ok' end
redis.call('HDEL', ckey(id), 'doubt', 'doubted')
end_if_done(id)
return 'ok'
