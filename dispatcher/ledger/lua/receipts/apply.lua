-- Applies receipts of several batches and takes the callbacks they came in out of the stream, in one step. Safe to
-- repeat. ARGV: the batches as msgpack, each: id, batch, grace in ms (0: silent group members inherit nothing), its
--       receipts; the ids of the stream's entries as msgpack. A receipt: message, attempt (0 unknown), word's letter, 1
--       if it is about this very member (0: inherited, below any own word, never `failed`), member row index, sid (16
--       bytes), sid text, sid hash, carrier's MCC and MNC (-1: not named), price, what it is for (legs or segments),
--       how many of them, its sender, ms when it went (0: now), then the rows of its message if they are several
-- Answers: rows whose state changed
-- uses: now, keys, agenda, brakes, campaign_end, prices, receipt, receipt_counts, receipt_rows
-- All batches of a campaign stand together.
local function campaign_over(id)
  heard_write(id)
  money_write(id)
  outcomes_count(id, answered, failed)
  end_if_done(id)
  answered, failed = 0, 0
end

local id -- of the campaign at hand
for _, one in ipairs(cmsgpack.unpack(ARGV[1])) do
  local of, batch, grace, receipts = unpack(one)
  if id and id ~= of then campaign_over(id) end
  id = of
  local key, spoken = ckey(id, 'r:' .. batch), false
  if rows_hold(key, receipts) then
    for _, receipt in ipairs(receipts) do spoken = receipt_apply(id, batch, key, receipt) or spoken end
    rows_keep(id, key)
    if grace > 0 and spoken then care_by(id, batch, now + grace) end
  end
end
if id then campaign_over(id) end
local entries = cmsgpack.unpack(ARGV[2])
if #entries > 0 then redis.call('XDEL', 'mms:callbacks', unpack(entries)) end
return changed
