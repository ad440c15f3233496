-- Erases one person from a batch: what the file said of them is replaced, what is still pending is not sent. Safe to
-- repeat. ARGV: id, batch, SHA-1 of the packed batch as the caller read it, the packed batch without the person,
--       reason, row indexes...
-- Answers: ok | changed (read it again) | sending (a message to them is on its way: ask again)
-- uses: now, keys, rows, campaign_end, reasons
local id, batch, seen, packed, reason = unpack(ARGV, 1, 5)
local key, content = ckey(id, 'r:' .. batch), redis.call('GET', ckey(id, 'b:' .. batch))
if content == packed then return 'ok' end
if not content or redis.sha1hex(content) ~= seen then return 'changed' end
for i = 6, #ARGV do
  local state = row_read(key, ARGV[i]).state
  if state == 's' or state == 'u' then return 'sending' end
end
for i = 6, #ARGV do
  local row = row_read(key, ARGV[i])
  if row.state == 'p' then
    move(row, 'k')
    row.at, row.final, row.reason = 0, now - EPOCH, reason_of(id, reason)
    row_write(key, ARGV[i], row)
  end
end
redis.call('SET', ckey(id, 'b:' .. batch), packed)
moves_write(id, key)
end_if_done(id)
return 'ok'
