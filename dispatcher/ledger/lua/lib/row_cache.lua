-- Prelude of claim and record: rows of many messages of one batch, read at once and written at once.
-- uses: rows
local rows, rows_changed = {}, {}

-- Reads the rows of these messages, whose members' indexes begin at `first` and stand `step` apart; by index in `rows`.
local function rows_read(key, messages, first, step)
  local indexes = {}
  for _, message in ipairs(messages) do
    for i = first, #message, step do indexes[#indexes + 1] = message[i] end
  end
  if #indexes == 0 then return end
  for i, value in ipairs(redis.call('HMGET', key, unpack(indexes))) do rows[indexes[i]] = row_unpack(value) end
end

local function row_put(index, row) rows_changed[index] = row end

-- Writes what was put, and brings the counts after it.
local function rows_write(id, key)
  local pairs_of = {}
  for index, row in pairs(rows_changed) do
    pairs_of[#pairs_of + 1] = index
    pairs_of[#pairs_of + 1] = row_pack(row)
  end
  if #pairs_of > 0 then redis.call('HSET', key, unpack(pairs_of)) end
  rows_changed = {}
  moves_write(id, key)
end
