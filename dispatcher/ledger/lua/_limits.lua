-- Prelude of claim: GCRA over account, sender and campaign, all or nothing, on Redis's clock. A message that may go pays
-- its whole cost afterwards, as debt: a group of nine passes as one and is paid for as nine. A scope without a rate is
-- held only. After a 429 a scope's pace is a part of its rate; it grows back by a hundredth of the rate each second.
local function pace_of(text)
  local part, since = string.match(text or '', '^([%d.]+):(%d+)')
  return part and math.min(1, tonumber(part) + math.max(0, now - tonumber(since)) / 100000) or 1
end

local function limits_of(id, sender)
  local names, limits = { 'account', 'sender:' .. sender, 'campaign:' .. id }, {}
  local rates = redis.call('HMGET', 'mms:rates', names[1], names[2], names[3], 'sender')
  local holds = redis.call('HMGET', 'mms:holds', unpack(names))
  local paces = redis.call('HMGET', 'mms:pace', unpack(names))
  rates[2] = rates[2] or rates[4]
  for i, scope in ipairs(names) do
    local interval, tolerance = string.match(rates[i] or '', '^([%d.]+):([%d.]+)')
    if interval then interval = tonumber(interval) / pace_of(paces[i]) end
    limits[i] = { scope = scope, interval = interval, tolerance = tonumber(tolerance), hold = tonumber(holds[i] or 0) }
  end
  return limits
end

-- Answers ms to wait and the scope that binds, or 0.
local function limits_wait(limits, time_us)
  local wait, binds = 0, ''
  for _, limit in ipairs(limits) do
    local by = math.min(limit.hold - now, 3600000) * 1000
    if limit.interval then
      local tat = tonumber(redis.call('GET', 'mms:limit:' .. limit.scope) or 0)
      local furthest = time_us + limit.tolerance + 100 * limit.interval
      if tat > furthest then -- the clock stepped back, or the rate was raised: no debt is older than this
        tat = furthest
        redis.call('SET', 'mms:limit:' .. limit.scope, string.format('%.0f', tat), 'KEEPTTL')
      end
      limit.tat = math.max(tat, time_us)
      by = math.max(by, limit.tat - time_us - limit.tolerance)
    end
    if by > wait then wait, binds = by, limit.scope end
  end
  return math.ceil(wait / 1000), binds
end

local function limits_charge(limits, cost, time_us)
  for _, limit in ipairs(limits) do
    if limit.interval then
      local tat = limit.tat + cost * limit.interval
      -- Forgotten an hour after it is paid off, never before: a slow limit's debt outlives an hour.
      local life = string.format('%.0f', (tat - time_us) / 1000 + 3600000)
      redis.call('SET', 'mms:limit:' .. limit.scope, string.format('%.0f', tat), 'PX', life)
    end
  end
end
