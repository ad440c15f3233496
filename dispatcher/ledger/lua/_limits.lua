-- Prelude of claim: GCRA over several scopes, all or nothing, on Redis's clock. A scope that may go pays its whole
-- cost afterwards, as debt: a group of nine passes as one and is paid for as nine. A scope without a rate is held only.
local function limit_of(scope, fallback)
  local text = redis.call('HGET', 'mms:rates', scope) or (fallback and redis.call('HGET', 'mms:rates', fallback))
  local interval, tolerance = string.match(text or '', '^([%d.]+):([%d.]+)')
  return { scope = scope, interval = tonumber(interval), tolerance = tonumber(tolerance) }
end

-- Answers ms to wait and the scope that binds, or 0.
local function limits_wait(limits, time_us)
  local wait, binds = 0, ''
  for _, limit in ipairs(limits) do
    local hold = tonumber(redis.call('HGET', 'mms:holds', limit.scope) or 0)
    local by = (hold - now) * 1000
    if limit.interval then
      local tat = tonumber(redis.call('GET', 'mms:limit:' .. limit.scope) or 0)
      limit.tat = math.min(math.max(tat, time_us), time_us + limit.tolerance + 100 * limit.interval)
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
