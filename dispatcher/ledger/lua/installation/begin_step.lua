-- A step that brings the ledger to the next schema begins, or goes on: programs that would not understand what it does
-- are kept out first. ARGV: schema that the ledger has after it, schema of the oldest program that may go on, the
--       caller's version, which those who are kept out are told
-- Answers: {cursor} (empty at its beginning) | {} (it is done, or not its turn)
local to, needs = tonumber(ARGV[1]), tonumber(ARGV[2])
local schema, kept_out = unpack(redis.call('HMGET', 'mms:stamp', 'schema', 'needs'))
if tonumber(schema or 1) ~= to - 1 then return {} end
if needs > tonumber(kept_out or 1) then redis.call('HSET', 'mms:stamp', 'needs', needs, 'program', ARGV[3]) end
if redis.call('HGET', 'mms:upgrade', 'to') ~= ARGV[1] then
  redis.call('DEL', 'mms:upgrade')
  redis.call('HSET', 'mms:upgrade', 'to', ARGV[1], 'cursor', '')
end
redis.call('HDEL', 'mms:upgrade', 'waits')
return { redis.call('HGET', 'mms:upgrade', 'cursor') }
