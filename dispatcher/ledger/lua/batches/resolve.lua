-- A person decides an unconfirmed message: it was sent, or it was not and is pending again (or ended, in a campaign
-- that has ended). ARGV: id, batch, sent | not-sent, then of each row of the message: its index, and what it was
--       charged: legs or segments, which of them, from which number
-- Answers: rows that were decided
-- uses: now, keys, flags, rows, agenda, batch_lease, campaign_end, refund
local id, batch, as = ARGV[1], ARGV[2], ARGV[3]
local key, decided = ckey(id, 'r:' .. batch), 0
local ended = ended_as(id)
for i = 4, #ARGV, 4 do
  local row = row_read(key, ARGV[i])
  if row.state == 'u' then
    move(row, as == 'sent' and 't' or ended or 'p')
    if bit_has(row.flags, RESTORED) then
      if row.state == 'p' then row.attempt = row.attempt + RESTORED_TRIES end
    elseif as ~= 'sent' then
      refund(id, ARGV[i + 3], tonumber(ARGV[i + 1]), ARGV[i + 2], row.claimed + EPOCH)
    end
    row.sid, row.flags, row.reason, row.at, decided = NONE, 0, 0, row.state == 't' and now - EPOCH or 0, decided + 1
    if row.state == 'c' or row.state == 'e' then row.final = now - EPOCH end
    row_write(key, ARGV[i], row)
  end
end
if decided == 0 then return 0 end
moves_write(id, key)
local meta = meta_read(key)
if as ~= 'sent' and not ended and meta.lease <= now then
  meta.due = now
  meta_write(key, meta)
  schedule(id, 'due', batch, now)
end
end_if_done(id)
return decided
