-- Prelude of whatever finds a message by its sid alone: the index for receipts without user_data, by the first 10 bytes
-- of the sid's SHA-1.

-- The key and the field of the index.
local function sid_place(hash)
  return string.format('mms:sid:%02x%02x', string.byte(hash, 1, 2)), string.sub(hash, 3, 10)
end

-- Where receipts wait whose message is not known.
local function orphans_key(hash)
  return 'mms:orphan:' .. string.format(string.rep('%02x', #hash), string.byte(hash, 1, #hash))
end
