-- Nothing more follows from an inbound message: it is on no list, and says what became of it.
-- ARGV: sid, the message as it was read, the same with the outcome
-- Answers: ok | changed (it was erased meanwhile, or is not the one that was read)
redis.call('ZREM', 'mms:inbound:unanswered', ARGV[1])
if redis.call('HGET', 'mms:inbound:messages', ARGV[1]) ~= ARGV[2] then return 'changed' end
redis.call('HSET', 'mms:inbound:messages', ARGV[1], ARGV[3])
return 'ok'
