-- Unconfirmed messages were looked for and are not there: the second time they are pending again. Also sets when the
-- batch is looked after next. A look by an older picture of the batch changes nothing, so a repeated one counts once.
-- ARGV: id, batch, number of this look, counts as the looker saw them, next look in ms (0: never), next look in ms if
--       something moved meanwhile, then row index and attempt of each that was not found, and what it was charged:
--       legs or segments, which of them, from which number
-- Answers: rows that are pending again | -1 (somebody looked meanwhile)
local id, batch, number, seen = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local again, soon = tonumber(ARGV[5]), tonumber(ARGV[6])
local key, back = ckey(id, 'r:' .. batch), 0
local meta = meta_read(key)
if redis.call('EXISTS', key) == 0 or meta.looks ~= number then return -1 end
if redis.call('HGET', key, 'n') ~= seen then again = again > 0 and math.min(again, soon) or soon end
for i = 7, #ARGV, 5 do
  local row = row_read(key, ARGV[i])
  if row.state == 'u' and row.attempt == tonumber(ARGV[i + 1]) then
    local restored, claimed = bit_has(row.flags, RESTORED), row.claimed + EPOCH
    if bit_has(row.flags, NOT_THERE) and ended_as(id) == 'e' then
      move(row, 'e')
      row.flags, row.sid, row.at, row.reason, row.final = 0, NONE, 0, 0, now - EPOCH
    elseif bit_has(row.flags, NOT_THERE) and redis.call('HGET', ckey(id), 'state') == 'running' then
      move(row, 'p')
      if restored then row.attempt = row.attempt + RESTORED_TRIES end
      row.flags, row.sid, row.at, row.reason, back = 0, NONE, 0, 0, back + 1
    else
      row.flags = bit_set(row.flags, NOT_THERE)
    end
    if row.state ~= 'u' and not restored then gate_refund(id, ARGV[i + 4], tonumber(ARGV[i + 2]), ARGV[i + 3], claimed) end
    row_write(key, ARGV[i], row)
  end
end
moves_write(id, key)
meta.looks = (meta.looks + 1) % 256
if back > 0 and meta.lease <= now then meta.due = now; schedule(id, 'due', batch, now) end
meta_write(key, meta)
schedule(id, 'care', batch, again > 0 and now + again or 0)
end_if_done(id)
return back
