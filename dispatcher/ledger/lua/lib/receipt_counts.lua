-- Prelude of apply: how many messages CarrierX spoke of, by the number that sent them and by the carrier that it named.
-- Each attempt counts once, under its highest word; a flag in the row says that it was counted.
-- uses: keys, flags, rows, alarms
local heard = {}

-- What should have had no message at CarrierX, and has.
local SURPRISE = { p = 'forgotten_claim', c = 'after_cancel', e = 'after_expiry', k = 'after_skip',
                   i = 'after_invalid' }
local function surprise(state)
  if SURPRISE[state] then alarm(SURPRISE[state]) end
end

-- A part of the carrier's number as a receipt names it, or what was known.
local function carrier_part(named, known)
  return named and named ~= '' and math.min(tonumber(named), UNKNOWN_CARRIER) or known
end

-- A word of an attempt that is over. After a failure and a retry, only that it was delivered after all still counts.
local function is_older(row, attempt, word)
  local failed = row.state == 'p' and bit_has(row.flags, AGAIN) and bit_has(row.flags, OWN_WORD)
  return attempt > 0 and (attempt < row.attempt or (failed and attempt == row.attempt and word ~= 'd'))
end

-- Whether a later attempt of the message went to other members only: this one was not tried again then.
local function is_left_out(row, attempt)
  local stayed = RANK[row.state] or row.state == 'r' or (row.state == 'p' and bit_has(row.flags, AGAIN))
  return row.state == 'k' or (attempt > row.attempt and stayed)
end

local function heard_add(name, letter, by)
  local field = name .. ':' .. letter
  heard[field] = (heard[field] or 0) + by
end

-- What the row counts for now; to be given to heard_move once it has changed.
local function heard_as(row)
  if not bit_has(row.flags, HEARD) then return { nil, nil } end
  return { row.state, row.mcc ~= UNKNOWN_CARRIER and row.mcc .. '-' .. row.mnc or nil }
end

local function heard_move(before, row, sender)
  if not RANK[row.state] then return end
  row.flags = bit_set(row.flags, HEARD)
  local after = heard_as(row)
  if sender ~= '' and before[1] ~= after[1] then
    if before[1] then heard_add('sender:' .. sender, before[1], -1) end
    heard_add('sender:' .. sender, after[1], 1)
  end
  if before[1] ~= after[1] or before[2] ~= after[2] then
    if before[2] then heard_add('carrier:' .. before[2], before[1], -1) end
    if after[2] then heard_add('carrier:' .. after[2], after[1], 1) end
  end
end

local function heard_write(id)
  for field, by in pairs(heard) do
    if by ~= 0 then redis.call('HINCRBY', ckey(id, 'heard'), field, by) end
  end
  heard = {}
end
