-- Prelude of claim: GCRA over account, sender and campaign, all or nothing, on Redis's clock. A message that may go pays
-- its whole cost afterwards, as debt: a group of nine passes as one and is paid for as nine. A scope without a rate is
-- held only. After a 429 a scope's pace is a part of its rate; it grows back by a hundredth of the rate each second.
-- uses: rows
local function pace_of(text)
  local part, since = string.match(text or '', '^([%d.]+):(%d+)')
  return part and math.min(1, tonumber(part) + math.max(0, now - tonumber(since)) / 100000) or 1
end

-- By scope, as the messages asked for so far in this run of the script leave them; written at its end.
local limits_known = {}

local function limit_of(scope, default)
  if limits_known[scope] then return limits_known[scope] end
  local rate = redis.call('HGET', 'mms:rates', scope) or (default and redis.call('HGET', 'mms:rates', default))
  local interval, tolerance = string.match(rate or '', '^([%d.]+):([%d.]+)')
  local limit = { scope = scope, tolerance = tonumber(tolerance), hold = tonumber(redis.call('HGET', 'mms:holds', scope) or 0) }
  if interval then
    limit.interval = tonumber(interval) / pace_of(redis.call('HGET', 'mms:pace', scope))
    limit.owed = tonumber(redis.call('GET', 'mms:limit:' .. scope) or 0)
  end
  limits_known[scope] = limit
  return limit
end

local function limits_of(id, sender)
  return { limit_of('account'), limit_of('sender:' .. sender, 'sender'), limit_of('campaign:' .. id) }
end

-- Answers ms to wait and the scope that binds, or 0.
local function limits_wait(limits, time_us)
  local wait, binds = 0, ''
  for _, limit in ipairs(limits) do
    local by = math.min(limit.hold - now, 3600000) * 1000
    if limit.interval then
      local tat = limit.owed
      local furthest = time_us + limit.tolerance + 100 * limit.interval
      if tat > furthest then -- the clock stepped back, or the rate was raised: no debt is older than this
        tat, limit.owed = furthest, furthest
        redis.call('SET', 'mms:limit:' .. limit.scope, string.format('%.0f', tat), 'KEEPTTL')
      end
      limit.tat = math.max(tat, time_us)
      by = math.max(by, limit.tat - time_us - limit.tolerance)
    end
    if by > wait then wait, binds = by, limit.scope end
  end
  return math.ceil(wait / 1000), binds
end

local function limits_charge(limits, cost)
  for _, limit in ipairs(limits) do
    if limit.interval then limit.owed, limit.charged = limit.tat + cost * limit.interval, true end
  end
end

local function limits_write()
  for scope, limit in pairs(limits_known) do
    if limit.charged then
      -- Forgotten an hour after it is paid off, never before: a slow limit's debt outlives an hour.
      local life = string.format('%.0f', limit.owed / 1000 - now + 3600000)
      redis.call('SET', 'mms:limit:' .. scope, string.format('%.0f', limit.owed), 'PX', life)
    end
  end
end
