-- A receipt whose message is not known waits for it: the newest hundred, for a day; a group of nine is spoken of many
-- times. One whose message became known since it was looked up goes through the stream once more. Acknowledged in the same
-- step; a second run changes nothing.
-- ARGV: stream id, raw body, when it came (ms), sid hash (10 bytes), ms to wait
-- Answers: kept | known | done (was here before)
local entry, raw, at, hash, life = unpack(ARGV)
redis.call('XACK', 'mms:callbacks', 'ingest', entry)
if redis.call('XDEL', 'mms:callbacks', entry) == 0 then return 'done' end
if redis.call('HEXISTS', string.format('mms:sid:%02x%02x', string.byte(hash, 1, 2)), string.sub(hash, 3, 10)) == 1 then
  redis.call('XADD', 'mms:callbacks', '*', 'raw', raw, 'at', at)
  return 'known'
end
local key = 'mms:orphan:' .. string.gsub(hash, '.', function(c) return string.format('%02x', string.byte(c)) end)
redis.call('RPUSH', key, raw)
redis.call('LTRIM', key, -100, -1)
redis.call('PEXPIRE', key, life)
return 'kept'
