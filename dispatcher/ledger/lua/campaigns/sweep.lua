-- Ends what is still pending in one batch of a campaign that was cancelled or failed. What a dead sender had claimed
-- becomes `unconfirmed`, and what CarrierX took is asked for: no sender will give the batch back any more.
-- ARGV: id, batch, letter of the new state, ms to the first look, row indexes...
-- Answers: rows that ended
-- uses: now, keys, rows, agenda, batch_lease
local id, batch, to, look, ended = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), 0
local key = ckey(id, 'r:' .. batch)
if redis.call('EXISTS', key) == 0 then return 0 end
local leased = meta_read(key).lease > now
for i = 5, #ARGV do
  local row = row_read(key, ARGV[i])
  if row.state == 'p' then
    move(row, to)
    row.at, row.final, ended = 0, now - EPOCH, ended + 1
    row_write(key, ARGV[i], row)
  elseif row.state == 's' and not leased then
    move(row, 'u')
    row_write(key, ARGV[i], row)
    search_by(id, batch, now + look)
  end
end
local counts = moves_write(id, key)
if (counts[4] or 0) + (counts[5] or 0) > 0 then care_by(id, batch, now + look) end
if not leased then schedule(id, 'due', batch, 0) end
return ended
