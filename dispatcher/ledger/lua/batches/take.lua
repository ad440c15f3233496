-- A sender takes a batch: a lease and a fence number. What an earlier sender had claimed and not recorded becomes
-- `unconfirmed`: its POST may have left. ARGV: id, batch, sender's token (8 bytes), lease in ms, ms to the first look for unconfirmed
-- Answers: {ok, fence, packed batch, rows...} | {halt, state or restored} | {done} | {later, ms} | {taken}
-- uses: rows
local id, batch, token, lease, look = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local state, rest, ends, doubt = unpack(redis.call('HMGET', ckey(id), 'state', 'rest', 'ends_at', 'doubt'))
if state ~= 'running' then return { 'halt', state or 'gone' } end
if doubt or redis.call('EXISTS', 'mms:restored') == 1 then return { 'halt', 'restored' } end
if ends and tonumber(ends) <= now then return { 'halt', 'expired' } end
local key = ckey(id, 'r:' .. batch)
if redis.call('HEXISTS', key, 'm') == 0 then return { 'done' } end
local meta = meta_read(key)
if meta.token ~= token or meta.lease <= now then
  if not redis.call('ZSCORE', ckey(id, 'due'), batch) then return { 'done' } end
  if meta.lease > now then return { 'taken' } end
  local run = redis.call('HGET', 'mms:ticks', 'run')
  if run and not string.find(redis.call('INFO', 'server'), run, 1, true) then -- it may have been put back: the tick will tell
    redis.call('ZREM', 'mms:offered', id .. ':' .. batch)
    schedule(id, 'due', batch, now + 500)
    return { 'later', 500 }
  end
  if meta.due > now then return { 'later', meta.due - now } end
  if rest and tonumber(rest) > now then return { 'later', rest - now } end
  if meta.lease > 0 then
    local touched = redis.call('HGETALL', key)
    for i = 2, #touched, 2 do
      local row = #touched[i] >= 40 and row_unpack(touched[i])
      if row and row.state == 's' then
        move(row, 'u')
        row_write(key, touched[i - 1], row)
        search_by(id, batch, now + look)
      end
    end
    moves_write(id, key)
  end
  meta.fence, meta.token = meta.fence + 1, token
end
meta.lease = now + lease
meta_write(key, meta)
redis.call('ZADD', 'mms:offered', meta.lease, id .. ':' .. batch)
schedule(id, 'due', batch, meta.lease)
return { 'ok', meta.fence, redis.call('GET', ckey(id, 'b:' .. batch)), redis.call('HGETALL', key) }
