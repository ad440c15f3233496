-- A look at a batch is over. Unconfirmed messages that were looked for and are not there are pending again the second
-- time. Also sets when the batch is asked about next (`care`) and looked for (`search`): in so many ms, 0 never, `<`
-- and ms: at the latest then, nothing: as it is. A look by an older picture of the batch changes nothing, so a repeated
-- one counts once.
-- ARGV: id, batch, number of this look, counts as the looker saw them, care, search, ms to the next look if something
--       moved meanwhile, then row index and attempt of each that was not found, and what it was charged:
--       legs or segments, which of them, from which number
-- Answers: rows that are pending again | -1 (somebody looked meanwhile)
-- uses: now, keys, flags, rows, agenda, batch_lease, campaign_end, refund
local id, batch, number, seen = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local soon = tonumber(ARGV[7])
local key, back = ckey(id, 'r:' .. batch), 0
local meta = meta_read(key)
if redis.call('EXISTS', key) == 0 or meta.looks ~= number then return -1 end
local moved = redis.call('HGET', key, 'n') ~= seen
for i = 8, #ARGV, 5 do
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
    if row.state ~= 'u' and not restored then
      refund(id, ARGV[i + 4], tonumber(ARGV[i + 2]), ARGV[i + 3], claimed)
    end
    row_write(key, ARGV[i], row)
  end
end
moves_write(id, key)
meta.looks = (meta.looks + 1) % LOOKS
if back > 0 and meta.lease <= now then meta.due = now; schedule(id, 'due', batch, now) end
meta_write(key, meta)
for i, which in ipairs({ 'care', 'search' }) do
  local by, ms = string.match(ARGV[4 + i], '^(<?)(%d+)$')
  ms = tonumber(ms)
  if by == '<' then
    schedule_by(id, which, batch, now + ms)
  elseif ms then
    if moved then ms = ms > 0 and math.min(ms, soon) or soon end
    schedule(id, which, batch, ms > 0 and now + ms or 0)
  end
end
end_if_done(id)
return back
