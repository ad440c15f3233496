-- Keeps a medium; without a campaign that needs it, for a while only.
-- ARGV: its hash, ms that it is kept without a campaign, then field and value pairs: type, size, chunks by number
-- Answers: ok
local key = 'mms:media:' .. ARGV[1]
for i = 3, #ARGV, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
if redis.call('EXISTS', key .. ':for') == 0 then redis.call('PEXPIRE', key, ARGV[2]) end
return 'ok'
