-- Prelude of claim: campaigns that want the same limit at once share it evenly, urgent ones before all others. Per limit
-- a set of what each was served (start-time fair queueing), and until when it counts as wanting. Only a denial makes one.
-- uses: rows
local URGENT = -10000000000000

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
  if not (scope == 'account' or string.sub(scope, 1, 7) == 'sender:') then return end
  local served, want, clock = fair_names(scope, urgent)
  local fresh, own = tonumber(redis.call('ZSCORE', want, id) or 0), redis.call('ZSCORE', served, id)
  if not own or fresh < now - 1000 then
    local begin = redis.call('GET', clock) or (urgent and URGENT or 0)
    redis.call('ZADD', served, math.max(tonumber(own or begin), tonumber(begin)), id)
  end
  fair_known[want] = true
  redis.call('ZADD', want, now + wait + (wait > 2000 and 3000 or 250), id)
  for _, key in ipairs({ served, want }) do redis.call('PEXPIRE', key, wait + 60000) end
end

-- ms to stand back and for which limit, or 0. Up to half a second of the limit one may be ahead: a rival that is a
-- little late costs no capacity.
local function fair_yield(id, urgent, limits)
  for i = 1, 2 do
    local limit = limits[i]
    local served, want, clock = fair_names(limit.scope, urgent)
    if limit.interval and fair_wanted(want) then
      local own = redis.call('ZSCORE', served, id) or redis.call('GET', clock) or (urgent and URGENT or 0)
      local ahead = tonumber(own) - math.max(9, 500000 / limit.interval)
      for _, other in ipairs(redis.call('ZRANGEBYSCORE', served, '-inf', string.format('(%.0f', ahead), 'LIMIT', 0, 32)) do
        local fresh = tonumber(redis.call('ZSCORE', want, other) or 0)
        if other ~= id and fresh >= now then
          return math.max(3, math.min(50, math.ceil(limit.interval / 1000))), limit.scope
        end
        if fresh < now - 5000 then redis.call('ZREM', served, other) redis.call('ZREM', want, other) end
      end
    end
  end
  return 0
end

-- It asks again, or is held up by something else: it does not keep others from these limits any more.
local function fair_unwant(id, urgent, limits)
  for i = 1, 2 do
    local _, want = fair_names(limits[i].scope, urgent)
    if fair_wanted(want) then redis.call('ZADD', want, 'XX', now - 1, id) end
  end
end

local function fair_serve(id, urgent, limits, cost)
  for i = 1, 2 do
    local served, want, clock = fair_names(limits[i].scope, urgent)
    if fair_wanted(want) and redis.call('ZSCORE', served, id) then
      local own = redis.call('ZINCRBY', served, cost, id)
      redis.call('SET', clock, string.format('%.0f', tonumber(own) - cost), 'PX', 60000)
    end
  end
end

-- Until when a denied campaign counts as waited with: its sender asks again by then, or gives the batch back
-- (LONGEST_WAIT_MS in pipeline/sending/_batch_sender.py). A process that is blocked takes up campaigns that nobody waits with (offer_other.lua).
local function fair_asked(id, before, wait)
  local till = now + math.min(wait, 2000) + 1000
  if wait > 0 and till > tonumber(before or 0) + 250 then redis.call('HSET', ckey(id), 'asked', till) end
end
