-- An ended campaign's numbers and texts are erased; its counts and times stay. Run again after each part, and last when
-- all batches are gone. ARGV: id, settings without texts, first batch of this part, batches in it, sid hashes (10
--       bytes)...
-- Answers: ok | the state of a campaign that has not ended
-- uses: now, keys, scopes, sid_index, uploads
local id, settings, first, count = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local key = ckey(id)
local state, settled = unpack(redis.call('HMGET', key, 'state', 'settled_at'))
local ended = state == 'cancelled' or state == 'failed' or state == 'completed'
if not (ended and settled) then return state or 'gone' end
for i = 5, #ARGV do
  redis.call('HDEL', sid_place(ARGV[i]))
end
for batch = first, first + count - 1 do
  redis.call('UNLINK', ckey(id, 'b:' .. batch), ckey(id, 'r:' .. batch))
  redis.call('ZREM', ckey(id, 'due'), batch)
  redis.call('ZREM', ckey(id, 'care'), batch)
  redis.call('ZREM', ckey(id, 'search'), batch)
  redis.call('ZREM', 'mms:explain', id .. ':' .. batch)
end
if first + count >= tonumber(redis.call('HGET', key, 'batches') or 0) then
  for _, what in ipairs({ 'texts', 'sids', 'odd', 'marks', 'due', 'care', 'search', 'pace', 'pace:now', 'stale',
                          'lately' }) do
    redis.call('UNLINK', ckey(id, what))
  end
  for _, set in ipairs({ 'care', 'search', 'expiring', 'settle', 'starts', 'due' }) do
    redis.call('ZREM', 'mms:' .. set, id)
  end
  redis.call('SREM', 'mms:urgent', id)
  for _, of in ipairs({ 'rates', 'caps', 'holds', 'pace' }) do redis.call('HDEL', 'mms:' .. of, campaign_scope(id)) end
  redis.call('ZREM', 'mms:caps:due', campaign_scope(id))
  redis.call('HSET', key, 'settings', settings, 'columns', '[]', 'filename', '', 'batches', 0)
  redis.call('HSETNX', key, 'erased_at', now)
  upload_drop(id)
end
return 'ok'
