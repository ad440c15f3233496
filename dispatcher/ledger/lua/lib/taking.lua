-- Prelude of take and pick: a sender takes a batch under a lease and a fence number. What an earlier sender had claimed
-- and not recorded becomes `unconfirmed`: its POST may have left. One that is not in the window costs no worker.
-- Answers: {ok, fence, packed batch, rows, settings} | {halt, state or restored} | {done} | {later, ms} | {taken}
-- uses: now, keys, rows, agenda, batch_lease, halts, retry_policy
local function take(id, batch, token, lease, look, in_window)
  local state, rest, ends, doubt = unpack(redis.call('HMGET', ckey(id), 'state', 'rest', 'ends_at', 'doubt'))
  local halt = halted_by(state, doubt, ends)
  if halt then return halt end
  local key = ckey(id, 'r:' .. batch)
  if redis.call('HEXISTS', key, 'm') == 0 then return { 'done' } end
  local meta = meta_read(key)
  if meta.token ~= token or meta.lease <= now then
    if not redis.call('ZSCORE', ckey(id, 'due'), batch) then return { 'done' } end
    if meta.lease > now then return { 'taken' } end
    local run = redis.call('HGET', 'mms:ticks', 'run')
    if run and not string.find(redis.call('INFO', 'server'), run, 1, true) then
      redis.call('ZREM', 'mms:offered', id .. ':' .. batch) -- it may have been put back: the tick will tell
      schedule(id, 'due', batch, now + LOOK_AT_RUN_MS)
      return { 'later', LOOK_AT_RUN_MS }
    end
    if meta.due > now then return { 'later', meta.due - now } end
    if rest and tonumber(rest) > now then return { 'later', rest - now } end
    if meta.lease > 0 then unconfirm_claimed(id, batch, key, look) end
    meta.fence, meta.token = meta.fence + 1, token
  end
  meta.lease = now + lease
  meta_write(key, meta)
  if in_window then
    redis.call('ZADD', 'mms:offered', meta.lease, id .. ':' .. batch)
  else
    redis.call('ZREM', 'mms:offered', id .. ':' .. batch)
  end
  schedule(id, 'due', batch, meta.lease)
  return { 'ok', meta.fence, redis.call('GET', ckey(id, 'b:' .. batch)), redis.call('HGETALL', key),
           redis.call('HGET', ckey(id), 'settings') }
end
