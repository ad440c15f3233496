-- Prelude of claim: campaigns that want the same limit at once share it evenly, urgent ones before all others. Per
-- limit a set of what each was served (start-time fair queueing), and until when it counts as wanting. Only a denial
-- makes one.
-- uses: now, keys, retry_policy, scopes
local URGENT = -10000000000000 -- of what was served: below whatever others get to
local AHEAD_US = 500000 -- so much of a limit one may be ahead,
local AHEAD = 9 -- and at least so many messages
local RIVALS = 32 -- of those that are behind so many are looked at

local function fair_names(scope, urgent)
  return 'mms:fair:' .. scope, 'mms:want:' .. scope, 'mms:fair:' .. scope .. (urgent and ':urgent' or ':now')
end

-- Whether anybody wants a limit at all; looked up once in a run of the script.
local fair_known = {}
local function fair_wanted(want)
  if fair_known[want] == nil then fair_known[want] = redis.call('EXISTS', want) == 1 end
  return fair_known[want]
end

-- A denied campaign wants this limit until a little after its wait. One that did not want it before joins where the
-- last one was served: it has no credit for the time when it wanted nothing.
local function fair_want(id, urgent, scope, wait)
  if not is_shared(scope) then return end
  local served, want, clock = fair_names(scope, urgent)
  local fresh, own = tonumber(redis.call('ZSCORE', want, id) or 0), redis.call('ZSCORE', served, id)
  if not own or fresh < now - LATE_MS then
    local begin = redis.call('GET', clock) or (urgent and URGENT or 0)
    redis.call('ZADD', served, math.max(tonumber(own or begin), tonumber(begin)), id)
  end
  fair_known[want] = true
  local more = wait > LONGEST_WAIT_MS and WANTS_AGAIN_MS or WANTS_MS
  redis.call('ZADD', want, now + wait + more, id)
  for _, key in ipairs({ served, want }) do redis.call('PEXPIRE', key, wait + FAIR_KEPT_MS) end
end

-- Those who were served less, and more than what one may be ahead: a rival that is a little late costs no capacity.
local function fair_behind(id, urgent, limit, served, clock)
  local own = redis.call('ZSCORE', served, id) or redis.call('GET', clock) or (urgent and URGENT or 0)
  local ahead = tonumber(own) - math.max(AHEAD, AHEAD_US / limit.interval)
  return redis.call('ZRANGEBYSCORE', served, '-inf', string.format('(%.0f', ahead), 'LIMIT', 0, RIVALS)
end

-- ms to stand back and for which limit, or 0.
local function fair_yield(id, urgent, limits)
  for _, limit in ipairs(limits) do
    local served, want, clock = fair_names(limit.scope, urgent)
    if limit.interval and fair_wanted(want) then
      for _, other in ipairs(fair_behind(id, urgent, limit, served, clock)) do
        local fresh = tonumber(redis.call('ZSCORE', want, other) or 0)
        if other ~= id and fresh >= now then
          local one = math.ceil(limit.interval / MS_US)
          return math.max(SHORTEST_YIELD_MS, math.min(LONGEST_YIELD_MS, one)), limit.scope
        end
        if fresh < now - GONE_MS then redis.call('ZREM', served, other) redis.call('ZREM', want, other) end
      end
    end
  end
  return 0
end

-- It asks again, or is held up by something else: it does not keep others from these limits any more.
local function fair_unwant(id, urgent, limits)
  for _, limit in ipairs(limits) do
    local _, want = fair_names(limit.scope, urgent)
    if fair_wanted(want) then redis.call('ZADD', want, 'XX', now - 1, id) end
  end
end

local function fair_serve(id, urgent, limits, cost)
  for _, limit in ipairs(limits) do
    local served, want, clock = fair_names(limit.scope, urgent)
    if fair_wanted(want) and redis.call('ZSCORE', served, id) then
      local own = redis.call('ZINCRBY', served, cost, id)
      redis.call('SET', clock, string.format('%.0f', tonumber(own) - cost), 'PX', FAIR_KEPT_MS)
    end
  end
end

-- Until when a denied campaign counts as waited with: its sender asks again by then, or gives the batch back. A process
-- that is blocked takes up campaigns that nobody waits with (offer_other.lua).
local function fair_asked(id, before, wait)
  local till = now + math.min(wait, LONGEST_WAIT_MS) + WAITED_WITH_MS
  if wait > 0 and till > tonumber(before or 0) + WANTS_MS then redis.call('HSET', ckey(id), 'asked', till) end
end
