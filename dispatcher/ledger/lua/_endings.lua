-- Prelude of record: what the outcome of a claim makes of a row.
local soonest -- when the first of those that are pending again is due, or nil

-- Whether a row still stands as this claim left it: nobody has said what became of it, or nobody knows.
local function is_held(row, claim)
  return (row.state == 's' or row.state == 'u') and row.sid == claim .. string.sub(NONE, 1, 8)
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
  care_by(id, batch, now + wait)
end
