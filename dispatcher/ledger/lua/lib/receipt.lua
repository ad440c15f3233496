-- Prelude of apply: what one receipt makes of its row.
-- uses: now, flags, alarms, receipt_counts, receipt_prices, receipt_rows, rows, sids, unknown_attempt
local answered, failed, changed = 0, 0, 0 -- rows: of one campaign, of one campaign, of all

-- `receipt` as apply is given it. True: it is about this very member and was not too old.
local function receipt_apply(id, batch, key, receipt)
  local message, attempt, word, own, index, sid, text, hash, mcc, mnc, price, unit, units, sender, went =
    unpack(receipt, 1, 15)
  local row = row_of(key, index)
  own = own == 1
  if is_older(row, attempt, word) then return alarm('older_attempt') end
  local known = RANK[row.state] and row.sid ~= NONE
  if attempt == 0 and row.sid ~= sid then return own and alarm('older_attempt') end -- that sid was an earlier attempt's
  if not own and (bit_has(row.flags, OWN_WORD) or word == 'f' or is_left_out(row, attempt)) then return end
  local was, was_carrier = heard_as(row)
  local unknown_sid = sid ~= '' and row.sid ~= sid and (own or not known)
  local better = (RANK[row.state] or 0) < RANK[word]
  if own and word ~= 'q' then -- its first own word outranks whatever it inherited
    better = better or (not bit_has(row.flags, OWN_WORD) and row.state ~= word)
    row.flags = bit_set(row.flags, OWN_WORD)
  end
  if better then
    surprise(row.state)
    if attempt > row.attempt then forgotten_charge(id, sender, unit, units, went) end
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
    sid_learn(id, batch, message, { text = text }, hash)
  end
  row.mcc, row.mnc = carrier_part(mcc, row.mcc), carrier_part(mnc, row.mnc)
  if price ~= '' then money_heard(key, row, price, unit, units, receipt) end
  heard_move(was, was_carrier, row, sender)
  return own
end
