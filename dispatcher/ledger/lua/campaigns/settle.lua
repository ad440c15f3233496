-- The settle window is over: CarrierX's last word is final. ARGV: id
-- Answers: ok | early
-- uses: now, keys
local at = redis.call('ZSCORE', 'mms:settle', ARGV[1])
if not at or tonumber(at) > now then return 'early' end
redis.call('HSETNX', ckey(ARGV[1]), 'settled_at', now)
redis.call('ZREM', 'mms:settle', ARGV[1])
return 'ok'
