-- Prelude of claim: GCRA over every scope, all or nothing, on Redis's clock. A message that may go pays its whole cost
-- afterwards, as debt: a group of nine passes as one and is paid for as nine. A scope without a rate is held only.
-- After a 429 a scope's pace is a part of its rate (pace.lua).
-- uses: now, pace, retry_policy, scopes
local DEBT_KEPT_MS = 3600000 -- after it is paid off, never before: a slow limit's debt outlives an hour
local MOST_DEBT = 100 -- messages beyond the burst; no debt is older than that

-- By scope, as the messages asked for so far in this run of the script leave them; written at its end.
local limits_known = {}

local function limits_read(scopes)
  local defaults = {}
  for i, scope in ipairs(scopes) do defaults[i] = scope_default(scope) or scope end
  local rates = redis.call('HMGET', 'mms:rates', unpack(scopes))
  local given = redis.call('HMGET', 'mms:rates', unpack(defaults))
  local holds = redis.call('HMGET', 'mms:holds', unpack(scopes))
  local paces = redis.call('HMGET', 'mms:pace', unpack(scopes))
  for i, scope in ipairs(scopes) do
    local interval, tolerance = string.match(rates[i] or given[i] or '', '^([%d.]+):([%d.]+)')
    local limit = { scope = scope, tolerance = tonumber(tolerance), hold = tonumber(holds[i] or 0) }
    if interval then
      limit.interval = tonumber(interval) / pace_of(paces[i])
      limit.owed = tonumber(redis.call('GET', 'mms:limit:' .. scope) or 0)
    end
    limits_known[scope] = limits_known[scope] or limit
  end
end

-- The limits of one message, and among them `shared`: what many campaigns may want at once.
local limits_by_sender = {}
local function limits_of(id, sender)
  if limits_by_sender[sender] then return limits_by_sender[sender] end
  local limits, scopes = { shared = {} }, scopes_of(id, sender)
  limits_read(scopes)
  for i, scope in ipairs(scopes) do
    limits[i] = limits_known[scope]
    if is_shared(scope) then table.insert(limits.shared, limits[i]) end
  end
  limits_by_sender[sender] = limits
  return limits
end

-- Answers ms to wait and the scope that binds, or 0.
local function limits_wait(limits, time_us)
  local wait, binds = 0, ''
  for _, limit in ipairs(limits) do
    local by = math.min(limit.hold - now, LONGEST_HOLD_MS) * MS_US
    if limit.interval then
      local tat = limit.owed
      local furthest = time_us + limit.tolerance + MOST_DEBT * limit.interval
      if tat > furthest then -- the clock stepped back, or the rate was raised
        tat, limit.owed = furthest, furthest
        redis.call('SET', 'mms:limit:' .. limit.scope, string.format('%.0f', tat), 'KEEPTTL')
      end
      limit.tat = math.max(tat, time_us)
      by = math.max(by, limit.tat - time_us - limit.tolerance)
    end
    if by > wait then wait, binds = by, limit.scope end
  end
  return math.ceil(wait / MS_US), binds
end

local function limits_charge(limits, cost)
  for _, limit in ipairs(limits) do
    if limit.interval then limit.owed, limit.charged = limit.tat + cost * limit.interval, true end
  end
end

local function limits_write()
  for scope, limit in pairs(limits_known) do
    if limit.charged then
      local life = string.format('%.0f', limit.owed / MS_US - now + DEBT_KEPT_MS)
      redis.call('SET', 'mms:limit:' .. scope, string.format('%.0f', limit.owed), 'PX', life)
    end
  end
end
