-- An unconfirmed message was looked for and is not there: the second time it is pending again. Also sets when the
-- batch is looked after next. ARGV: id, batch, next look in ms from now (0: never), then row indexes not found
-- Answers: rows that are pending again
local id, batch, again = ARGV[1], ARGV[2], tonumber(ARGV[3])
local key, back = ckey(id, 'r:' .. batch), 0
for i = 4, #ARGV do
  local row = row_read(key, ARGV[i])
  if row.state == 'u' then
    if bit_has(row.flags, NOT_THERE) and redis.call('HGET', ckey(id), 'state') == 'running' then
      move(row, 'p')
      row.flags, row.sid, row.at, row.reason, back = row.flags - NOT_THERE, NONE, 0, 0, back + 1
    else
      row.flags = bit_set(row.flags, NOT_THERE)
    end
    row_write(key, ARGV[i], row)
  end
end
moves_write(id, key)
local meta = meta_read(key)
meta.looks = math.min(meta.looks + 1, 250)
if back > 0 and meta.lease <= now then meta.due = now; schedule(id, 'due', batch, now) end
meta_write(key, meta)
schedule(id, 'care', batch, again > 0 and now + again or 0)
return back
