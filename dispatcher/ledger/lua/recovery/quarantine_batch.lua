-- One batch of a doubted campaign: what is unfinished may have been sent since the copy was made, so it is unconfirmed
-- and looked for in all attempts. Safe to repeat. ARGV: id, batch, ms to the first look, reason, row indexes...
-- Answers: rows that are unconfirmed by this | -1 (the campaign is not doubted any more)
-- uses: now, keys, flags, rows, agenda, batch_lease, reasons
local id, batch, look, reason, count = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], 0
local key, at = ckey(id, 'r:' .. batch), tonumber(redis.call('HGET', ckey(id), 'doubt'))
if not at then return -1 end
if redis.call('EXISTS', key) == 0 then return 0 end
for i = 5, #ARGV do
  local row = row_read(key, ARGV[i])
  local known = row.state == 'u' and bit_has(row.flags, RESTORED) and row.claimed + EPOCH >= at
  if (row.state == 'p' or row.state == 's' or row.state == 'u') and not known then
    move(row, 'u')
    row.flags, row.claimed, row.at, row.final, row.sid = RESTORED, at - EPOCH, 0, 0, NONE
    row.reason, count = reason_of(id, reason), count + 1
    row_write(key, ARGV[i], row)
  end
end
if count > 0 then
  moves_write(id, key)
  local meta = meta_read(key)
  meta.fence, meta.lease, meta.due, meta.token = meta.fence + 1, 0, 0, NO_TOKEN
  meta_write(key, meta)
  redis.call('ZREM', 'mms:offered', id .. ':' .. batch)
  schedule(id, 'due', batch, 0)
  search_by(id, batch, now + look)
end
redis.call('HSET', ckey(id), 'doubted', math.max(batch + 1, tonumber(redis.call('HGET', ckey(id), 'doubted') or 0)))
return count
