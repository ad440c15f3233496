-- Applies receipts of one batch and acknowledges the stream entries they came in, in one step. Safe to repeat.
-- ARGV: id, batch, grace in ms (0: silent group members inherit nothing), entries n, n stream ids, then per receipt
--       ten: message, attempt (0 unknown), word's letter, how, member row index, sid (16 bytes), sid text, sid hash,
--       details, sender
-- `how`: own (of this member) | shared (inherited: below any own word, never `failed`). Details: mcc:mnc:price:unit:
-- units:rows:went (what the price is for: legs or segments, how many; the rows of the message with commas; ms, 0: now)
-- Answers: rows whose state changed
-- uses: now, keys, flags, rows, agenda, alarms, brakes, campaign_end, prices, receipt_counts, sids, unknown_attempt
local id, batch, grace, n = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local key, changed, answered, failed = ckey(id, 'r:' .. batch), 0, 0, 0
local function apply(message, attempt, word, how, index, sid, text, hash, details, sender)
  local row = row_read(key, index)
  local before = heard_as(row)
  if is_older(row, attempt, word) then return alarm('older_attempt') end
  local own, known = how == 'own', RANK[row.state] and row.sid ~= NONE
  if attempt == 0 and row.sid ~= sid then return own and alarm('older_attempt') end -- that sid was an earlier attempt's
  if not own and (bit_has(row.flags, OWN_WORD) or word == 'f' or is_left_out(row, attempt)) then return end
  local mcc, mnc, price, unit, units, rows, went = string.match(details,
    '^(%d*):(%d*):(.*):(%a*):(%d*):([%d,]*):(%d*)$')
  local unknown_sid = sid ~= '' and row.sid ~= sid and (own or not known)
  local better = (RANK[row.state] or 0) < RANK[word]
  if own and word ~= 'q' then -- its first own word outranks whatever it inherited
    better = better or (not bit_has(row.flags, OWN_WORD) and row.state ~= word)
    row.flags = bit_set(row.flags, OWN_WORD)
  end
  if better then
    surprise(row.state)
    if attempt > row.attempt then forgotten_charge(id, sender, unit, tonumber(units), tonumber(went)) end
    if row.state == 'p' then row.at = 0 end
    if row.state == 's' or row.state == 'u' then answered = answered + 1 end -- faster than the POST's own answer
    if not known then row.sid = NONE end -- a claim's token
    move(row, word)
    row.reason, row.attempt = 0, math.max(row.attempt, attempt)
    row.final = (word == 'f' or word == 'd') and now - EPOCH or 0
    changed, failed = changed + 1, failed + (word == 'f' and 1 or 0)
  end
  if unknown_sid then
    sid_stale(id, batch, message, row)
    row.sid, row.at = sid, row.at > 0 and row.at or now - EPOCH
    if text ~= '' then row.flags = bit_set(row.flags, SID_TEXT) end
  end
  row.mcc, row.mnc = carrier_part(mcc, row.mcc), carrier_part(mnc, row.mnc)
  if price and price ~= '' then money_heard(id, key, row, price, unit, tonumber(units), rows) end
  heard_move(before, row, sender)
  row_write(key, index, row)
  if unknown_sid then sid_learn(id, batch, message, { text = text }, hash) end
  if grace > 0 and own then care_by(id, batch, now + grace) end
end
if redis.call('EXISTS', key) == 1 then
  for i = 5 + n, #ARGV, 10 do apply(ARGV[i], tonumber(ARGV[i + 1]), unpack(ARGV, i + 2, i + 9)) end
  moves_write(id, key)
  heard_write(id)
  outcomes_count(id, answered, failed)
  end_if_done(id)
end
if n > 0 then
  redis.call('XACK', 'mms:callbacks', 'ingest', unpack(ARGV, 5, 4 + n))
  redis.call('XDEL', 'mms:callbacks', unpack(ARGV, 5, 4 + n))
end
return changed
