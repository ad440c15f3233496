-- Sets a daily cap, or moves it on to the next day. What went since the boundary before counts on when the operator
-- changes a cap in the middle of a day. ARGV: scope, most a day (0: no cap), from, until, next until (ms), zone,
--       the cap as the caller knew it (nothing: whatever it is)
-- Answers: ok | changed (it is another one by now; nothing was done)
-- uses: now, daily_caps
local scope, most, from, till, last, zone, before = unpack(ARGV)
local known = redis.call('HGET', 'mms:caps', scope)
if before ~= '' and known ~= before then return 'changed' end
if most == '0' then
  redis.call('HDEL', 'mms:caps', scope)
  redis.call('ZREM', 'mms:caps:due', scope)
  return 'ok'
end
local was, ended = string.match(known or '', '^%d+:(%d+):(%d+):')
local went = was and was ~= from and now < tonumber(ended) and redis.call('GET', day_key(scope, was))
if went then redis.call('SET', day_key(scope, from), went, 'PX', DAY_KEPT_MS) end
redis.call('HSET', 'mms:caps', scope, table.concat({ most, from, till, last, zone }, ':'))
redis.call('ZADD', 'mms:caps:due', till, scope)
return 'ok'
