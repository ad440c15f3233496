-- Prelude of claim, record and apply: dollars in millionths. A campaign with a ceiling counts what it reserved in legs of
-- MMS and segments of SMS; each costs the most of the price in the settings and the dearest one confirmed, in this campaign
-- or ever in this ledger (`mms:prices`). So prices that rise count for what went before, too.
-- uses: rows
local function money_unit(legs, media) return (legs > 1 or media == '1') and 'legs' or 'segments' end

-- While no price of this kind was ever confirmed the settings may be wrong: at most so many legs or segments go, and beyond
-- the first message no more than the ceiling allows at so many times the price. Then one price is waited for, so long as
-- the settings say; without one the settings' price counts, and the campaign says so.
local FIRST_UNITS, TIMES_WRONG, PRICE_STEP = 10, 4, 3000

-- Answers ms to wait for a first confirmed price, or 0.
local function money_wait(id, ceiling, unit, cost)
  if not ceiling or redis.call('HEXISTS', 'mms:prices', unit) == 1 then return 0 end
  local price, patience = unpack(redis.call('HMGET', 'mms:policy', 'price_' .. unit, 'price_wait'))
  if tonumber(patience or 0) == 0 then return 0 end
  redis.call('HSETNX', ckey(id), 'price_since', now) -- a campaign that had sent before prices were waited for
  local reserved, since = unpack(redis.call('HMGET', ckey(id), unit, 'price_since'))
  reserved, since = tonumber(reserved or 0), tonumber(since)
  local units = reserved + cost
  if reserved <= 0 or (units <= FIRST_UNITS and units * TIMES_WRONG * (price or 0) <= tonumber(ceiling)) then
    redis.call('HSET', ckey(id), 'price_since', now)
    return 0
  end
  if now - since < tonumber(patience) then return math.min(since + patience - now, PRICE_STEP) end
  redis.call('HSET', ckey(id), 'price_unproven', 1)
  return 0
end

-- Nil if the campaign may spend this much more, else why not.
local function money_lacks(id, ceiling, unit, cost)
  if not ceiling then return nil end
  local c = redis.call('HMGET', ckey(id), 'legs', 'segments', 'dear_legs', 'dear_segments')
  local p = redis.call('HMGET', 'mms:policy', 'price_legs', 'price_segments')
  local legs, segments = tonumber(c[1] or 0), tonumber(c[2] or 0)
  if unit == 'legs' then legs = legs + cost else segments = segments + cost end
  local ever = redis.call('HMGET', 'mms:prices', 'legs', 'segments')
  local per_leg = math.max(p[1] or 0, c[3] or 0, ever[1] or 0)
  local per_segment = math.max(p[2] or 0, c[4] or 0, ever[2] or 0)
  if (legs > 0 and per_leg == 0) or (segments > 0 and per_segment == 0) then
    return 'a price is not known (MMS_PRICE_MMS, MMS_PRICE_SMS), so --max-cost cannot be kept'
  end
  if legs * per_leg + segments * per_segment <= tonumber(ceiling) then return nil end
  return string.format('the next message would cost more than --max-cost $%s allows', string.format('%.6f', ceiling / 1000000):gsub('%.?0+$', ''))
end

local function money_reserve(id, ceiling, unit, cost)
  if ceiling then redis.call('HINCRBY', ckey(id), unit, cost) end
end

-- A price that CarrierX confirmed for a message of so many units: into the campaign's cost, once; `before` is what was
-- counted for this message. The dearest per unit is kept.
local function money_confirm(id, unit, units, price, before)
  local paid = string.match(price, '^%d+%.?%d*$') and math.floor(price * 1000000 + 0.5)
  if not paid or paid > 1e12 then return end
  redis.call('HINCRBY', ckey(id), 'cost', paid - (string.match(before, '^%d+%.?%d*$') and math.floor(before * 1000000 + 0.5) or 0))
  local each = math.ceil(paid / math.max(1, units))
  if each > tonumber(redis.call('HGET', ckey(id), 'dear_' .. unit) or 0) then redis.call('HSET', ckey(id), 'dear_' .. unit, each) end
  if each > tonumber(redis.call('HGET', 'mms:prices', unit) or -1) then redis.call('HSET', 'mms:prices', unit, each) end
  redis.call('HDEL', ckey(id), 'price_unproven')
end

-- A receipt tells a price: a message's price counts once, whichever of its rows it came with, and is for those only whom
-- this attempt went to.
local function money_heard(id, key, row, price, unit, units, rows)
  local counted, members = row.price ~= '', 0
  for other in string.gmatch(row.price == '' and rows or '', '%d+') do
    local each = row_read(key, other)
    if each.attempt == row.attempt then members, counted = members + 1, counted or each.price ~= '' end
  end
  if row.price ~= '' or not counted then money_confirm(id, unit, members > 0 and members or units, price, row.price) end
  row.price = price
end
