-- A receipt whose message is not known waits for it: the newest hundred, for a day; a group of nine is spoken of many
-- times. One whose message became known since it was looked up goes through the stream once more. Acknowledged in the
-- same step; a second run changes nothing.
-- ARGV: stream id, raw body, when it came (ms), sid hash (10 bytes), ms to wait
-- Answers: kept | known | done (was here before)
-- uses: sid_index
local NEWEST = 100 -- receipts of one message
local entry, raw, at, hash, life = unpack(ARGV)
if redis.call('XDEL', 'mms:callbacks', entry) == 0 then return 'done' end
if redis.call('HEXISTS', sid_place(hash)) == 1 then
  redis.call('XADD', 'mms:callbacks', '*', 'raw', raw, 'at', at)
  return 'known'
end
local key = orphans_key(hash)
redis.call('RPUSH', key, raw)
redis.call('LTRIM', key, -NEWEST, -1)
redis.call('PEXPIRE', key, life)
return 'kept'
