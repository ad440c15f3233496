-- A reader could not go on for a reason that is not the file's. Another one tries; after so many in a row that read
-- nothing new the campaign is paused with the reason, and a resume reads on. ARGV: id, reader's token, reason, most
--       readers in a row, ms until the next
-- Answers: again | paused | lost
-- uses: keys, reading
local id, token, reason, most, wait = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
if not is_reader(id, token) then return 'lost' end
local readers = tonumber(redis.call('HGET', ckey(id), 'readers') or 0)
if readers < most then
  redis.call('HSET', ckey(id), 'reason', string.format('%s: try %d of %d', reason, readers, most))
  redis.call('PEXPIRE', ckey(id, 'expanding'), wait)
  return 'again'
end
reason = string.format('%s, %d times in a row: resume it to read on', reason, most)
redis.call('HSET', ckey(id), 'state', 'paused', 'reason', reason)
redis.call('HDEL', ckey(id), 'readers')
redis.call('SREM', 'mms:reading', id)
redis.call('DEL', ckey(id, 'expanding'))
return 'paused'
