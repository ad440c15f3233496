-- What ledgers of the first schema kept of callbacks in a list, without a time, goes where the others are, as of now.
-- ARGV: how many at most, how many are kept there
-- Answers: how many went
local old = redis.call('LRANGE', 'mms:set-aside', 0, ARGV[1] - 1)
for _, raw in ipairs(old) do
  redis.call('LREM', 'mms:set-aside', 1, raw)
  redis.call('XADD', 'mms:aside', 'MAXLEN', ARGV[2], '*', 'raw', raw, 'at', 0)
end
return #old
