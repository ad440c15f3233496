-- Forgets the campaigns that need a stored medium no more: they are settled, or gone. A recurring broadcast needs its
-- media for as long as it lives. Without anybody left it lapses.
-- ARGV: its hash, ms that it is still kept
-- Answers: needed | lapses
-- uses: keys
local hash, keep = unpack(ARGV)
local key = 'mms:media:' .. hash
for _, id in ipairs(redis.call('SMEMBERS', key .. ':for')) do
  local state, settled = unpack(redis.call('HMGET', ckey(id), 'state', 'settled_at'))
  local recurs = redis.call('HEXISTS', 'mms:schedules', id) == 1
  if not recurs and (settled or not state) then redis.call('SREM', key .. ':for', id) end
end
if redis.call('EXISTS', key .. ':for') == 1 then return 'needed' end
redis.call('PEXPIRE', key, keep)
redis.call('SREM', 'mms:media', hash)
return 'lapses'
