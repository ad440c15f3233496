-- Prelude of record: what the outcome of a claim makes of a row.
-- uses: now, flags, rows, row_cache, agenda, batch_lease, campaign_end, forbidden_answers, reasons
local soonest -- when the first of those that are pending again is due, or nil

-- Whether a row still stands as this claim left it: nobody has said what became of it, or nobody knows.
local function is_held(row, claim)
  return (row.state == 's' or row.state == 'u') and row.sid == claimed_sid(claim)
end

local function accepted_row(row, word, sid, price, alone)
  move(row, word)
  row.sid, row.at, row.price, row.reason, row.flags = sid.bytes, now - EPOCH, price, 0, 0
  if word ~= 'q' and alone then row.flags = OWN_WORD end
  if sid.text ~= '' then row.flags = bit_set(row.flags, SID_TEXT) end
  if word == 'f' or word == 'd' then row.final = now - EPOCH end
end

local function refused_row(id, row, text)
  move(row, 'r')
  row.reason, row.final = reason_of(id, text), now - EPOCH
end

local function later_row(id, row, text, wait)
  row.sid, row.at, row.reason = NONE, wait > 0 and now + wait - EPOCH or 0, reason_of(id, text)
  move(row, 'p')
  local ended = ended_as(id)
  if ended then -- nobody will send it, and the sweep may be over
    move(row, ended)
    row.at, row.final = 0, now - EPOCH
  else
    soonest = math.min(soonest or now + wait, now + wait)
  end
end

local function unknown_row(id, batch, row, text, wait)
  move(row, 'u')
  row.reason, row.flags = reason_of(id, text), bit_set(row.flags, TOLD)
  search_by(id, batch, now + wait)
end

-- What a 403 means for its message, whose members stand in `one` from 16 on: later and the wait, or refused.
local function forbidden_as(id, batch, one, claim, account)
  local held, before = false, false
  for i = 16, #one do
    if is_held(rows[one[i]], claim) then held, before = true, before or bit_has(rows[one[i]].flags, FORBIDDEN) end
  end
  if not held then return 'later', 0 end
  local again = forbidden_of(id .. '.' .. batch .. '.' .. one[1], claim, before, account)
  for i = 16, #one do rows[one[i]].flags = bit_set(rows[one[i]].flags, FORBIDDEN) end
  return again and 'later' or 'refused', again or 0
end

-- The batch's holder is gone: nobody will give it back and say when it is due.
local function due_by_itself(id, batch, key)
  local meta = meta_read(key)
  if meta.lease > now then return end
  if soonest then
    meta.due = meta.due > 0 and math.min(meta.due, soonest) or soonest
    meta_write(key, meta)
    schedule(id, 'due', batch, meta.due)
  end
  end_if_done(id)
end
