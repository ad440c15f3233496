-- Prelude of apply: how many messages CarrierX spoke of, by the number that sent them and by the carrier that it named.
-- Each attempt counts once, under its highest word; a flag in the row says that it was counted.
-- uses: keys, flags, rows, alarms
local CARRIERS = 65536 -- an MCC and an MNC as one number
local by_sender, by_carrier = {}, {} -- of one campaign, until heard_write

-- What should have had no message at CarrierX, and has.
local SURPRISE = { p = 'forgotten_claim', c = 'after_cancel', e = 'after_expiry', k = 'after_skip',
                   i = 'after_invalid' }
local function surprise(state)
  if SURPRISE[state] then alarm(SURPRISE[state]) end
end

-- A part of the carrier's number as a receipt names it, or what was known.
local function carrier_part(named, known) return named >= 0 and math.min(named, UNKNOWN_CARRIER) or known end

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

-- By so many more, under this name and letter.
local function heard_add(names, name, letter, by)
  local counts = names[name] or {}
  names[name], counts[letter] = counts, (counts[letter] or 0) + by
end

-- What the row counts for now, and for which carrier; to be given to heard_move once it has changed.
local function heard_as(row)
  if not bit_has(row.flags, HEARD) then return nil, nil end
  return row.state, row.mcc ~= UNKNOWN_CARRIER and row.mcc * CARRIERS + row.mnc or nil
end

local function heard_move(was, was_carrier, row, sender)
  if not RANK[row.state] then return end
  row.flags = bit_set(row.flags, HEARD)
  local is, carrier = heard_as(row)
  if is ~= was and sender ~= '' then
    if was then heard_add(by_sender, sender, was, -1) end
    heard_add(by_sender, sender, is, 1)
  end
  if is ~= was or carrier ~= was_carrier then
    if was_carrier then heard_add(by_carrier, was_carrier, was, -1) end
    if carrier then heard_add(by_carrier, carrier, is, 1) end
  end
end

local function heard_counts(id, name, counts)
  for letter, by in pairs(counts) do
    if by ~= 0 then redis.call('HINCRBY', ckey(id, 'heard'), name .. ':' .. letter, by) end
  end
end

-- Writes what was heard of this campaign.
local function heard_write(id)
  for sender, counts in pairs(by_sender) do heard_counts(id, 'sender:' .. sender, counts) end
  for carrier, counts in pairs(by_carrier) do
    local mcc = math.floor(carrier / CARRIERS)
    heard_counts(id, 'carrier:' .. mcc .. '-' .. carrier - mcc * CARRIERS, counts)
  end
  by_sender, by_carrier = {}, {}
end
