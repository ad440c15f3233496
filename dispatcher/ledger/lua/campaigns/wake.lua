-- A limit changed: a campaign does not rest any more, and its batches that wait for one are due now. What it was told
-- of its turn holds no more: others do not wait for it. ARGV: id
-- Answers: how many batches were woken; at most a thousand at once, so it may be asked again
-- uses: now, keys, agenda, batch_lease, fair_leave
local WOKEN_AT_ONCE = 1000
local id, woken = ARGV[1], 0
redis.call('HDEL', ckey(id), 'rest', 'rest_for', 'asked')
fair_leave(id)
local waiting, later = ckey(id, 'due'), string.format('(%.0f', now)
for _, batch in ipairs(redis.call('ZRANGEBYSCORE', waiting, later, '+inf', 'LIMIT', 0, WOKEN_AT_ONCE)) do
  local key = ckey(id, 'r:' .. batch)
  local meta = meta_read(key)
  if meta.lease == 0 and meta.due > now then
    meta.due, woken = now, woken + 1
    meta_write(key, meta)
    redis.call('ZADD', ckey(id, 'due'), now, batch)
  end
end
local first = redis.call('ZRANGE', ckey(id, 'due'), 0, 0)
if first[1] then schedule(id, 'due', first[1], redis.call('ZSCORE', ckey(id, 'due'), first[1])) end
return woken
