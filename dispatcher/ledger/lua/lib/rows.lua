-- Prelude of every script: rows of a batch, their counts, and a campaign's start and end.
-- uses: clock
local EPOCH = 1577836800000 -- 2020-01-01 UTC; times in rows are ms since then, 5 bytes
local ROW, META, NONE = '<c1BBHI5I5I5c16HH', '<I4I6I6Bc8', string.rep('\0', 16)
local LETTERS = 'psuqtfdrkice' -- model/state.py
local RANK = { q = 1, t = 2, f = 3, d = 4 }
-- Flags: heard of this very member; looked for once; sid is no UUID; in doubt since the ledger was put back; to be tried
-- again by a person's will; its sender told that it does not know the outcome. And receipt_counts.lua.
local OWN_WORD, NOT_THERE, SID_TEXT, RESTORED, AGAIN, TOLD = 1, 2, 4, 16, 32, 64
local RESTORED_TRIES = 4 -- attempts that may have been made of a message in doubt; the next one has a number of its own
local now = math.floor(now_us() / 1000)

local function ckey(id, what) return 'mms:c:' .. id .. (what and ':' .. what or '') end

local function row_unpack(value)
  if not value then
    return { state = 'p', flags = 0, attempt = 0, reason = 0, claimed = 0, at = 0, final = 0, sid = NONE,
             mcc = 65535, mnc = 65535, price = '' }
  end
  local s, f, a, r, c, at, e, sid, mcc, mnc = struct.unpack(ROW, value)
  return { state = s, flags = f, attempt = a, reason = r, claimed = c, at = at, final = e, sid = sid,
           mcc = mcc, mnc = mnc, price = string.sub(value, 41) }
end

local function row_read(key, index) return row_unpack(redis.call('HGET', key, index)) end

local function row_pack(row)
  -- An attempt is one byte. Beyond 255 it stays there: a byte that wraps to 0 would mean that nothing was tried.
  return struct.pack(ROW, row.state, row.flags, math.min(row.attempt, 255), row.reason, row.claimed,
    row.at, row.final, row.sid, row.mcc, row.mnc) .. string.sub(row.price, 1, 20)
end

local function row_write(key, index, row) redis.call('HSET', key, index, row_pack(row)) end

local moves, failed_now = {}, false
local EXPLAIN_MS = 5000 -- after a failure CarrierX is asked for its reason: not for each by itself
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
  if failed_now then redis.call('ZADD', 'mms:explain', 'LT', now + EXPLAIN_MS, id .. ':' .. string.match(key, '%d+$')) end
  moves, failed_now = {}, false
  return bytes
end

local function meta_read(key)
  local value = redis.call('HGET', key, 'm')
  if not value then return { fence = 0, lease = 0, due = 0, looks = 0, token = '' } end -- the campaign was erased
  local fence, lease, due, looks, token = struct.unpack(META, value)
  return { fence = fence, lease = lease, due = due, looks = looks, token = token }
end

local function meta_write(key, meta)
  redis.call('HSET', key, 'm', struct.pack(META, meta.fence, meta.lease, meta.due, meta.looks, meta.token))
end

-- Sets when a batch is next due ('due'), to be asked about ('care') or to be looked for ('search'); 0 takes it out. Keeps
-- the global set true; a campaign that does not run is not in the global `due`.
local function schedule(id, which, batch, at)
  local key = ckey(id, which)
  if at == 0 then redis.call('ZREM', key, batch) else redis.call('ZADD', key, at, batch) end
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if which == 'due' then
    local state, rest = unpack(redis.call('HMGET', ckey(id), 'state', 'rest'))
    if state ~= 'running' then return end
    if first[2] and rest then first[2] = math.max(first[2], rest) end
  end
  if first[2] then redis.call('ZADD', 'mms:' .. which, first[2], id) else redis.call('ZREM', 'mms:' .. which, id) end
end

local function schedule_by(id, which, batch, at)
  local known = redis.call('ZSCORE', ckey(id, which), batch)
  if not known or tonumber(known) > at then schedule(id, which, batch, at) end
end
local function care_by(id, batch, at) schedule_by(id, 'care', batch, at) end
local function search_by(id, batch, at) schedule_by(id, 'search', batch, at) end

-- The letter that a row gets which nobody will send any more: the campaign was ended by hand or ran out of time. Or nil.
local function ended_as(id)
  local state, ends = unpack(redis.call('HMGET', ckey(id), 'state', 'ends_at'))
  if state == 'cancelling' or state == 'cancelled' or state == 'failed' then return 'c' end
  return ends and tonumber(ends) <= now and 'e' or nil
end

-- Completed: the file is read and nothing is pending, sending or unconfirmed. Settled: all rows are final, those of a
-- campaign that was cancelled or failed too.
local function end_if_done(id)
  local key = ckey(id)
  local state, read, window, ends = unpack(redis.call('HMGET', key, 'state', 'read', 'settle_ms', 'ends_at'))
  if state == 'paused' and ends and tonumber(ends) <= now then state = 'running' end -- nothing is left to resume
  local ended = state == 'cancelled' or state == 'failed'
  if not (ended or (read == '1' and (state == 'running' or state == 'completed'))) then return end
  local c = redis.call('HMGET', ckey(id, 'counts'), 'p', 's', 'u', 'q', 't')
  for i = 1, 5 do c[i] = tonumber(c[i] or 0) end
  if c[1] + c[2] + c[3] > 0 then return end
  if state == 'running' then
    redis.call('HSET', key, 'state', 'completed', 'finished_at', now)
    redis.call('HDEL', key, 'reason')
    redis.call('ZREM', 'mms:due', id)
    redis.call('ZREM', 'mms:expiring', id)
    redis.call('SREM', 'mms:urgent', id)
    redis.call('ZADD', 'mms:settle', now + tonumber(window), id)
  end
  if c[4] + c[5] == 0 and redis.call('HSETNX', key, 'settled_at', now) == 1 then redis.call('ZREM', 'mms:settle', id) end
end

-- A campaign whose file is read and whose time has come runs from now on.
local function start(id)
  local life, urgent = unpack(redis.call('HMGET', ckey(id), 'expires_ms', 'urgent'))
  redis.call('HSET', ckey(id), 'state', 'running', 'started_at', now)
  redis.call('ZREM', 'mms:starts', id)
  if life then
    redis.call('HSET', ckey(id), 'ends_at', string.format('%.0f', now + life))
    redis.call('ZADD', 'mms:expiring', now + life, id)
  end
  if urgent then redis.call('SADD', 'mms:urgent', id) end
  local first = redis.call('ZRANGE', ckey(id, 'due'), 0, 0, 'WITHSCORES')
  if first[2] then redis.call('ZADD', 'mms:due', first[2], id) end
  end_if_done(id)
end

-- Remembers a message's sid: in its rows (16 bytes; a sid that is no UUID beside them), in the index for receipts
-- without user_data, and calls in the receipts that came before it was known.
local serial_known
local function sid_learn(id, batch, message, sid, hash)
  if sid.text ~= '' then redis.call('HSET', ckey(id, 'sids'), batch .. '.' .. message, sid.text) end
  serial_known = serial_known or redis.call('HGET', ckey(id), 'serial')
  redis.call('HSET', string.format('mms:sid:%02x%02x', string.byte(hash, 1, 2)), string.sub(hash, 3, 10),
    serial_known .. '.' .. batch .. '.' .. message)
  local orphans = 'mms:orphan:' .. string.format(string.rep('%02x', #hash), string.byte(hash, 1, #hash))
  local raws = redis.call('LRANGE', orphans, 0, -1)
  for _, raw in ipairs(raws) do redis.call('XADD', 'mms:callbacks', '*', 'raw', raw, 'at', now) end
  if #raws > 0 then redis.call('DEL', orphans) end
end

-- Forgets the campaign's file and what was found about its media: they are in batches, or will never be.
local function upload_drop(id)
  redis.call('UNLINK', ckey(id, 'media'))
  for chunk = 0, tonumber(redis.call('HGET', ckey(id), 'chunks') or 0) - 1 do
    redis.call('UNLINK', ckey(id, 'upload:' .. chunk))
  end
end

local function bit_has(flags, bit) return math.floor(flags / bit) % 2 == 1 end
local function bit_set(flags, bit) return bit_has(flags, bit) and flags or flags + bit end

-- A row is about to lose its sid for another one: the index entry of the first is remembered until the campaign is erased.
local function sid_stale(id, batch, message, row)
  if row.sid == NONE then return end
  local hex = string.format(string.rep('%02x', 16), string.byte(row.sid, 1, 16))
  local text = string.gsub(hex, '^(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)(%x%x%x%x)', '%1-%2-%3-%4-')
  if bit_has(row.flags, SID_TEXT) then text = redis.call('HGET', ckey(id, 'sids'), batch .. '.' .. message) end
  if text then redis.call('SADD', ckey(id, 'stale'), string.sub(redis.sha1hex(text), 1, 20)) end
end

local function alarm(what) redis.call('HINCRBY', 'mms:alarms', what, 1) end

-- A refusal's or a wait's text, kept once per campaign; rows carry its number.
local function reason_of(id, text)
  if text == '' then return 0 end
  local key = ckey(id, 'texts')
  local known = redis.call('HGET', key, '=' .. text)
  if known then return tonumber(known) end
  local number = redis.call('HINCRBY', key, 'next', 1)
  if number > 65000 then return 65535 end
  redis.call('HSET', key, '=' .. text, number, number, text)
  return number
end
