-- Prelude of whatever moves rows: the rows of a batch, and the counts by state that follow them.
-- uses: now, keys, agenda, retry_policy
local ROW, NONE = '<c1BBHI5I5I5c16HH', string.rep('\0', 16) -- batches/rows.py
local ROW_BYTES = 40 -- so long a row is, and behind it stands the price as CarrierX wrote it:
local PRICE_BYTES = 20
local LETTERS = 'psuqtfdrkice' -- model/state.py
local RANK = { q = 1, t = 2, f = 3, d = 4 }
local UNKNOWN_CARRIER = 65535
local MOST_ATTEMPTS = 255 -- in one byte. It stays there: one that wraps to 0 would mean that nothing was tried

local function row_unpack(value)
  if not value then
    return { state = 'p', flags = 0, attempt = 0, reason = 0, claimed = 0, at = 0, final = 0, sid = NONE,
             mcc = UNKNOWN_CARRIER, mnc = UNKNOWN_CARRIER, price = '' }
  end
  local s, f, a, r, c, at, e, sid, mcc, mnc = struct.unpack(ROW, value)
  return { state = s, flags = f, attempt = a, reason = r, claimed = c, at = at, final = e, sid = sid,
           mcc = mcc, mnc = mnc, price = string.sub(value, ROW_BYTES + 1) }
end

local function row_read(key, index) return row_unpack(redis.call('HGET', key, index)) end

local function row_pack(row)
  return struct.pack(ROW, row.state, row.flags, math.min(row.attempt, MOST_ATTEMPTS), row.reason, row.claimed,
    row.at, row.final, row.sid, row.mcc, row.mnc) .. string.sub(row.price, 1, PRICE_BYTES)
end

-- What stands in a row for the sid while a claim holds it.
local function claimed_sid(claim) return claim .. string.sub(NONE, #claim + 1) end

local function row_write(key, index, row) redis.call('HSET', key, index, row_pack(row)) end

-- Index and row of each that something happened to and that is in this state now. The hash has the batch's lease and
-- counts too, which are shorter; a row begins with its state.
local function touched_rows(key, state)
  local fields, at, letter = redis.call('HGETALL', key), 0, string.byte(state)
  return function()
    repeat at = at + 2 until not fields[at] or (string.byte(fields[at]) == letter and #fields[at] >= ROW_BYTES)
    if fields[at] then return fields[at - 1], row_unpack(fields[at]) end
  end
end

local moves, failed_now = {}, false
local function move(row, to)
  if row.state == to then return end
  moves[row.state] = (moves[row.state] or 0) - 1
  moves[to] = (moves[to] or 0) + 1
  failed_now = failed_now or to == 'f'
  row.state = to
end

-- A campaign that is over is summed up once for all (seal_totals.lua), until one of its rows moves after all.
local function unseal(id)
  local sealed = redis.call('HGET', ckey(id), 'sealed')
  if not sealed then return end
  local parts = cmsgpack.unpack(sealed)
  for i = 1, #parts, 2 do redis.call('HINCRBY', 'mms:totals', parts[i], -tonumber(parts[i + 1])) end
  redis.call('HDEL', ckey(id), 'sealed')
  redis.call('SADD', 'mms:totals:open', id)
end

-- Brings the counts of the batch and of the campaign after the moves; both in the script that moved the rows.
local function moves_write(id, key)
  local counts, changed = redis.call('HGET', key, 'n'), false
  if not counts then moves, failed_now = {}, false return {} end
  local bytes = { string.byte(counts, 1, #LETTERS) }
  for letter, by in pairs(moves) do
    if by ~= 0 then
      local at = string.find(LETTERS, letter, 1, true)
      bytes[at], changed = bytes[at] + by, true
      redis.call('HINCRBY', ckey(id, 'counts'), letter, by)
    end
  end
  if changed then
    unseal(id)
    redis.call('HSET', key, 'n', string.char(unpack(bytes)))
  end
  if failed_now then
    redis.call('ZADD', 'mms:explain', 'LT', now + EXPLAIN_MS, id .. ':' .. string.match(key, '%d+$'))
  end
  moves, failed_now = {}, false
  return bytes
end

-- What was claimed and never recorded becomes `unconfirmed`, to be looked for in `look` ms: its POST may have left.
local function unconfirm_claimed(id, batch, key, look)
  for index, row in touched_rows(key, 's') do
    move(row, 'u')
    row_write(key, index, row)
    search_by(id, batch, now + look)
  end
  moves_write(id, key)
end
