-- A bite of a step is done: the next begins at the cursor after it, or the ledger is of the step's schema now.
-- ARGV: schema that the ledger has after the step, cursor that the bite began at, cursor after it, 1 if the step is
--       done
-- Answers: ok | taken (somebody else has gone on from there)
local to, before, after, done = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'
local doing, cursor = unpack(redis.call('HMGET', 'mms:upgrade', 'to', 'cursor'))
if doing ~= to or cursor ~= before then return 'taken' end
if done then
  redis.call('HSET', 'mms:stamp', 'schema', to)
  redis.call('DEL', 'mms:upgrade')
else
  redis.call('HSET', 'mms:upgrade', 'cursor', after)
  redis.call('HINCRBY', 'mms:upgrade', 'bites', 1)
end
return 'ok'
