-- Prelude of claim, record and apply: so many legs and segments a day, for each scope. Whoever set the cap wrote two
-- boundaries ahead, so that a script needs no zones; past the second one nothing goes.
-- uses: now, retry_policy, scopes
local DAY_KEPT_MS = 259200000 -- what went on a day is kept for three
local function day_key(scope, from) return 'mms:day:' .. scope .. ':' .. from end

local days_known = {} -- by campaign and sender, in this run of the script
local function days_of(id, sender)
  local who = id .. ' ' .. sender
  if days_known[who] then return days_known[who] end
  local scopes, days = scopes_of(id, sender), {}
  local caps = redis.call('HMGET', 'mms:caps', unpack(scopes))
  for i, scope in ipairs(scopes) do
    local default = scope_default(scope)
    local cap = caps[i] or (default and redis.call('HGET', 'mms:caps', default))
    local most, from, till, last = string.match(cap or '', '^(%d+):(%d+):(%d+):(%d+)')
    if most then
      if now >= tonumber(till) then from, till = till, last end
      days[#days + 1] = { scope = scope, most = tonumber(most), from = tonumber(from), till = tonumber(till),
                          key = day_key(scope, from) }
    end
  end
  days_known[who] = days
  return days
end

-- Answers ms to wait and the cap that binds, or 0. A cap needs room for the whole cost.
local function days_wait(days, cost)
  local wait, binds = 0, ''
  for _, day in ipairs(days) do
    local by = 0
    if now >= day.till then
      by = CAP_MOVES_MS
    elseif tonumber(redis.call('GET', day.key) or 0) + cost > day.most then
      by = day.till - now
    end
    if by > wait then wait, binds = by, 'day:' .. day.scope end
  end
  return wait, binds
end

-- Charges, or with a negative cost gives back what was claimed on the same day.
local function days_charge(days, cost, claimed)
  for _, day in ipairs(days) do
    if claimed >= day.from and (cost > 0 or redis.call('EXISTS', day.key) == 1) then
      if redis.call('INCRBY', day.key, cost) < 0 then redis.call('SET', day.key, 0) end
      redis.call('PEXPIRE', day.key, DAY_KEPT_MS)
    end
  end
end
