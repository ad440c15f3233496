-- Prelude of record and apply: what CarrierX confirmed that a message cost. The dearest of each kind is kept, in the
-- campaign and for ever (`mms:prices`): the ceiling of what is to come reckons with it (cost_ceiling.lua).
-- uses: keys, rows, dollars
local NO_PRICE = 1e12 -- millionths; more for one message is no price

-- A price that CarrierX confirmed for a message of so many units: into the campaign's cost, once; `before` is what was
-- counted for this message. The dearest per unit is kept.
local function money_confirm(id, unit, units, price, before)
  local paid = money_of(price)
  if not paid or paid > NO_PRICE then return end
  redis.call('HINCRBY', ckey(id), 'cost', paid - (money_of(before) or 0))
  local each, dear = math.ceil(paid / math.max(1, units)), 'dear_' .. unit
  if each > tonumber(redis.call('HGET', ckey(id), dear) or 0) then redis.call('HSET', ckey(id), dear, each) end
  if each > tonumber(redis.call('HGET', 'mms:prices', unit) or -1) then redis.call('HSET', 'mms:prices', unit, each) end
  redis.call('HDEL', ckey(id), 'price_unproven')
end

-- A receipt tells a price: a message's price counts once, whichever of its rows it came with, and is for those only
-- whom this attempt went to.
local function money_heard(id, key, row, price, unit, units, indexes)
  local counted, members = row.price ~= '', 0
  for other in string.gmatch(row.price == '' and indexes or '', '%d+') do
    local each = row_read(key, other)
    if each.attempt == row.attempt then members, counted = members + 1, counted or each.price ~= '' end
  end
  if row.price ~= '' or not counted then money_confirm(id, unit, members > 0 and members or units, price, row.price) end
  row.price = price
end
