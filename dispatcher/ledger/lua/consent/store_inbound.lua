-- Keeps an inbound message and acknowledges the stream entry it came in, in one step. One that is known changes
-- nothing.
-- ARGV: stream id, sid, ms of receipt, the message as JSON, most that are kept, 1 if a person should look at it,
--       1 if something follows from it
-- Answers: new | known
-- uses: now
local entry, sid, at, message, most, doubtful, follows = unpack(ARGV)
local answer = 'known'
local is_known = redis.call('ZSCORE', 'mms:inbound:order', sid)
if not is_known and redis.call('HSETNX', 'mms:inbound:messages', sid, message) == 1 then
  answer = 'new'
  redis.call('ZADD', 'mms:inbound:order', at, sid)
  if doubtful == '1' then redis.call('ZADD', 'mms:doubtful', at, sid) end
  if follows == '1' then redis.call('ZADD', 'mms:inbound:unanswered', now, sid) end
  for _, old in ipairs(redis.call('ZRANGE', 'mms:inbound:order', 0, -most - 1)) do
    redis.call('ZREM', 'mms:inbound:order', old)
    -- What waits for a person or an answer is kept until then.
    if not redis.call('ZSCORE', 'mms:doubtful', old) and not redis.call('ZSCORE', 'mms:inbound:unanswered', old) then
      redis.call('HDEL', 'mms:inbound:messages', old)
    end
  end
end
redis.call('XDEL', 'mms:callbacks', entry)
return answer
