-- An occurrence of a recurring broadcast is over: made into a campaign, or missed. A second caller changes nothing.
-- ARGV: schedule's id, the occurrence in ms, the next one in ms (0: none), its revision, its fields as they are now,
--       JSON
-- Answers: ok | moved (somebody was faster, it was changed, or it is gone)
local id, at, next_at, revision, fields = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
if tonumber(redis.call('ZSCORE', 'mms:schedule:due', id) or -1) ~= at then return 'moved' end
local known = redis.call('HGET', 'mms:schedules', id)
if not known or (cjson.decode(known).revision or 0) ~= revision then return 'moved' end
redis.call('ZREM', 'mms:schedule:due', id)
if next_at > 0 then redis.call('ZADD', 'mms:schedule:due', next_at, id) end
redis.call('HSET', 'mms:schedules', id, fields)
return 'ok'
