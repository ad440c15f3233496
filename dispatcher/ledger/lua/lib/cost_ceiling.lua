-- Prelude of claim, record and apply: dollars in millionths. A campaign with a ceiling counts what it reserved in legs
-- of MMS and segments of SMS; each costs the most of the price in the settings and the dearest one confirmed, in this
-- campaign or ever in this ledger (`mms:prices`). So prices that rise count for what went before, too.
-- uses: now, keys, dollars, retry_policy
local function money_unit(legs, media) return (legs > 1 or media == '1') and 'legs' or 'segments' end

-- While no price of this kind was ever confirmed the settings may be wrong: at most so many legs or segments go, and
-- beyond the first message no more than the ceiling allows at so many times the price. Then one price is waited for, so
-- long as the settings say; without one the settings' price counts, and the campaign says so.
local FIRST_UNITS = 10
local TIMES_WRONG = 4

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
  if now - since < tonumber(patience) then return math.min(since + patience - now, PRICE_MS) end
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
  local dollars = string.gsub(string.format('%.6f', ceiling / DOLLAR), '%.?0+$', '')
  return string.format('the next message would cost more than --max-cost $%s allows', dollars)
end

local function money_reserve(id, ceiling, unit, cost)
  if ceiling then redis.call('HINCRBY', ckey(id), unit, cost) end
end
