-- The ledger is recovered: claims may be made again. ARGV: ms of the recovery
-- Answers: ok | no (it was not waiting for that)
if redis.call('DEL', 'mms:restored') == 0 then return 'no' end
redis.call('HSET', 'mms:ticks', 'recovered_at', ARGV[1])
return 'ok'
