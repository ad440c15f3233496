-- Gives failed rows their reason, if they are still failed in this attempt and have none. Safe to run twice. Says when
-- the batch is asked for again, while a failed row of it has none. ARGV: id, batch, when (ms), then row index, attempt,
--       reason...
-- Answers: rows that got one
-- uses: keys, rows, reasons
local id, batch, again, told, left = ARGV[1], ARGV[2], ARGV[3], 0, false
local key = ckey(id, 'r:' .. batch)
for i = 4, #ARGV, 3 do
  local row = row_read(key, ARGV[i])
  if row.state == 'f' and row.reason == 0 and row.attempt == tonumber(ARGV[i + 1]) then
    row.reason, told = reason_of(id, ARGV[i + 2]), told + 1
    row_write(key, ARGV[i], row)
  end
end
for _, row in touched_rows(key, 'f') do left = left or row.reason == 0 end
if left then
  redis.call('ZADD', 'mms:explain', again, id .. ':' .. batch)
else
  redis.call('ZREM', 'mms:explain', id .. ':' .. batch)
end
return told
