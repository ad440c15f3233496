-- Prelude of whatever gives a row its sid: 16 bytes in the row; a sid that is no UUID stands beside the rows.
-- uses: now, keys, flags, rows, sid_index

-- Remembers a message's sid, and calls in the receipts that came before it was known.
local serials = {}
local function sid_learn(id, batch, message, sid, hash)
  if sid.text ~= '' then redis.call('HSET', ckey(id, 'sids'), batch .. '.' .. message, sid.text) end
  serials[id] = serials[id] or redis.call('HGET', ckey(id), 'serial')
  local key, field = sid_place(hash)
  redis.call('HSET', key, field, serials[id] .. '.' .. batch .. '.' .. message)
  local orphans = orphans_key(hash)
  local raws = redis.call('LRANGE', orphans, 0, -1)
  for _, raw in ipairs(raws) do redis.call('XADD', 'mms:callbacks', '*', 'raw', raw, 'at', now) end
  if #raws > 0 then redis.call('DEL', orphans) end
end

-- A row is about to lose its sid for another one: the index entry of the first is remembered until the campaign is
-- erased.
local function sid_stale(id, batch, message, row)
  if row.sid == NONE then return end
  local hex = string.format(string.rep('%02x', 16), string.byte(row.sid, 1, 16))
  local text = string.gsub(hex, '^(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)(%x%x%x%x)', '%1-%2-%3-%4-')
  if bit_has(row.flags, SID_TEXT) then text = redis.call('HGET', ckey(id, 'sids'), batch .. '.' .. message) end
  if text then redis.call('SADD', ckey(id, 'stale'), string.sub(redis.sha1hex(text), 1, 20)) end
end
