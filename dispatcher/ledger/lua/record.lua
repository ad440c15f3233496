-- What became of a claim. Its token alone is enough, lease or no lease: it is proof. Safe to repeat.
-- ARGV: id, batch, message, claim token, outcome, letter of CarrierX's word, sid (16 bytes), sid as text if no UUID,
--       sid hash (10 bytes), refusal text, wait in ms, price, cost and unit (legs or segments) of the claim, its sender, what
--       it says of CarrierX's health (_brakes.lua), member row indexes...
-- Outcomes: accepted | refused | later (pending again after the wait) | unknown
-- Answers: ok | known (recorded before, or a receipt was faster) | gone (somebody else decided)
local id, batch, message, claim, outcome, word = unpack(ARGV, 1, 6)
local sid, text, wait, price = { bytes = ARGV[7], text = ARGV[8], hash = ARGV[9] }, ARGV[10], tonumber(ARGV[11]), ARGV[12]
local cost, unit, sender, health = tonumber(ARGV[13]), ARGV[14], ARGV[15], ARGV[16]
local key, members, answer, again, claimed = ckey(id, 'r:' .. batch), { unpack(ARGV, 17) }, 'gone', false, 0
for _, index in ipairs(members) do
  local row = row_read(key, index)
  if (row.state == 's' or row.state == 'u') and string.sub(row.sid, 1, 8) == claim and string.sub(row.sid, 9) == string.sub(NONE, 1, 8) then
    answer, claimed = 'ok', row.claimed + EPOCH
    if outcome == 'accepted' then
      move(row, word)
      row.sid, row.at, row.price, row.reason, row.flags = sid.bytes, now - EPOCH, price, 0, 0
      if word ~= 'q' and #members == 1 then row.flags = OWN_WORD end
      if sid.text ~= '' then row.flags = bit_set(row.flags, SID_TEXT) end
      if word == 'f' or word == 'd' then row.final = now - EPOCH end
    elseif outcome == 'refused' then
      move(row, 'r')
      row.reason, row.final = reason_of(id, text), now - EPOCH
    elseif outcome == 'later' then
      row.sid, row.at, row.reason, again = NONE, wait > 0 and now + wait - EPOCH or 0, reason_of(id, text), true
      move(row, 'p')
      local ended = ended_as(id)
      if ended then -- nobody will send it, and the sweep may be over
        move(row, ended)
        row.at, row.final, again = 0, now - EPOCH, false
      end
    else
      move(row, 'u')
      row.reason = reason_of(id, text)
      care_by(id, batch, now + wait)
    end
    row_write(key, index, row)
  elseif outcome == 'accepted' and row.sid == sid.bytes then
    answer = answer == 'ok' and 'ok' or 'known'
    if row.at == 0 then row.at = now - EPOCH row_write(key, index, row) end
  end
end
if answer == 'ok' then
  if outcome == 'later' or outcome == 'refused' then gate_refund(id, sender, cost, unit, claimed) end
  if outcome == 'accepted' then money_confirm(id, unit, cost, price, '') end
  health_count(id, health)
  outcomes_count(id, (outcome == 'accepted' or outcome == 'refused') and 1 or 0, outcome == 'refused' and 1 or 0)
  if outcome == 'accepted' then sid_learn(id, batch, message, sid, sid.hash) end
  moves_write(id, key)
  local meta = meta_read(key)
  if meta.lease <= now then -- its holder is gone: nobody will give it back and say when it is due
    if again then
      meta.due = meta.due > 0 and math.min(meta.due, now + wait) or now + wait
      meta_write(key, meta)
      schedule(id, 'due', batch, meta.due)
    end
    end_if_done(id)
  end
end
return answer
