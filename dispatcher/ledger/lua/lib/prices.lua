-- Prelude of record and apply: what CarrierX confirmed that a message cost. The dearest of each kind is kept, in the
-- campaign and for ever (`mms:prices`): the ceiling of what is to come reckons with it (cost_ceiling.lua).
-- uses: keys, dollars
local NO_PRICE = 1e12 -- millionths; more for one message is no price
local spent, dearest = nil, {} -- of one campaign, until money_write

-- A price that CarrierX confirmed for a message of so many units: into the campaign's cost, once; `before` is what was
-- counted for this message. The dearest per unit is kept.
local function money_confirm(unit, units, price, before)
  local paid = money_of(price)
  if not paid or paid > NO_PRICE then return end
  spent = (spent or 0) + paid - (money_of(before) or 0)
  dearest[unit] = math.max(dearest[unit] or 0, math.ceil(paid / math.max(1, units)))
end

-- Writes what was confirmed for this campaign.
local function money_write(id)
  if not spent then return end
  local key = ckey(id)
  if spent ~= 0 or redis.call('HEXISTS', key, 'cost') == 0 then redis.call('HINCRBY', key, 'cost', spent) end
  for unit, each in pairs(dearest) do
    local dear = 'dear_' .. unit
    if each > tonumber(redis.call('HGET', key, dear) or 0) then redis.call('HSET', key, dear, each) end
    if each > tonumber(redis.call('HGET', 'mms:prices', unit) or -1) then
      redis.call('HSET', 'mms:prices', unit, each)
    end
  end
  redis.call('HDEL', key, 'price_unproven')
  spent, dearest = nil, {}
end
