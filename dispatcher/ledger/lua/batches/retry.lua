-- A new attempt for chosen rows that CarrierX refused or that failed. Never for those who opted out; rows in any other
-- state stay. A completed campaign runs again. ARGV: id, batch, then message, row index and number of each
-- Answers: rows that are pending again | the state that does not allow it
-- uses: now, keys, flags, rows, agenda, batch_lease, campaign_end, sids, suppression
local id, batch = ARGV[1], ARGV[2]
local key, back = ckey(id, 'r:' .. batch), 0
local state = redis.call('HGET', ckey(id), 'state') or 'gone'
if ended_as(id) == 'e' then return 'expired' end
if not ({ running = true, paused = true, completed = true })[state] then return state end
for i = 3, #ARGV, 3 do
  local row = row_read(key, ARGV[i + 1])
  if (row.state == 'f' or row.state == 'r') and not optout_is(ARGV[i + 2]) then
    if row.state == 'f' then sid_stale(id, batch, ARGV[i], row) end
    row.flags = row.state == 'f' and AGAIN + OWN_WORD or AGAIN -- what it was: a word of that attempt may still come
    move(row, 'p')
    row.sid, row.at, row.final, row.reason, back = NONE, 0, 0, 0, back + 1
    row_write(key, ARGV[i + 1], row)
  end
end
if back == 0 then return 0 end
moves_write(id, key)
if state == 'completed' then
  redis.call('HSET', ckey(id), 'state', 'running')
  redis.call('HDEL', ckey(id), 'finished_at', 'settled_at')
  redis.call('ZREM', 'mms:settle', id)
  local ends = redis.call('HGET', ckey(id), 'ends_at')
  if ends then redis.call('ZADD', 'mms:expiring', ends, id) end
  if redis.call('HEXISTS', ckey(id), 'urgent') == 1 then redis.call('SADD', 'mms:urgent', id) end
end
redis.call('HINCRBY', ckey(id), 'retried', back)
redis.call('DEL', ckey(id, 'lately'))
local meta = meta_read(key)
if meta.lease <= now then
  meta.due = now
  meta_write(key, meta)
  schedule(id, 'due', batch, now)
end
return back
