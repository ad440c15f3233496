-- Prelude of apply: the rows of one batch that receipts speak of, read at once and written at once. What is as it was
-- is not written.
-- uses: rows
local held, held_as = {}, {}

-- Reads the rows of these receipts; false where the batch is gone.
local function rows_hold(key, receipts)
  local fields, asked = { 'n' }, {}
  for _, receipt in ipairs(receipts) do
    local index = receipt[5]
    if not asked[index] then asked[index], fields[#fields + 1] = true, index end
  end
  local values = redis.call('HMGET', key, unpack(fields))
  held, held_as = {}, {}
  for i = 2, #fields do held[fields[i]], held_as[fields[i]] = row_unpack(values[i]), values[i] end
  return values[1]
end

local function row_of(key, index) return held[index] or row_read(key, index) end

-- Writes those that changed, and brings the counts after them.
local function rows_keep(id, key)
  local untouched, written = row_pack(row_unpack(nil)), {}
  for index, row in pairs(held) do
    local value = row_pack(row)
    if value ~= (held_as[index] or untouched) then
      written[#written + 1] = index
      written[#written + 1] = value
    end
  end
  if #written > 0 then redis.call('HSET', key, unpack(written)) end
  moves_write(id, key)
end
