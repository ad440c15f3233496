-- Prelude of claim: campaigns that want the same limit at once share it evenly, urgent ones before all others. Per
-- limit a set of what each was served (start-time fair queueing), and until when it counts as wanting. Only a denial
-- makes one.
-- uses: now, keys, agenda, retry_policy
local URGENT = -10000000000000 -- of what was served: below whatever others get to
local AHEAD_US = 500000 -- so much of a limit one may be ahead,
local AHEAD = 9 -- and at least so many messages
local TURN_US = 50000 -- who comes after others that need as long as this is out of turn,
local HEAD_US = 50000 -- and lets those in turn have this much of a start, or half a message,
local MOST_HEAD_US = 1000000 -- or of a burst the time of one message, but no more than this
local RIVALS = 32 -- of those that are behind so many are looked at
local EARLY = 0.5 -- of a message: should the one before it not come, the next is there in time
local SWEPT = 8 -- of those that want nothing any more so many are forgotten at once

local function fair_names(scope, urgent)
  return 'mms:fair:' .. scope, 'mms:want:' .. scope, 'mms:fair:' .. scope .. (urgent and ':urgent' or ':now')
end

-- Whether anybody wants a limit at all; looked up once in a run of the script.
local fair_known = {}
local function fair_wanted(want)
  if fair_known[want] == nil then fair_known[want] = redis.call('EXISTS', want) == 1 end
  return fair_known[want]
end

-- How many messages before its turn: one for each that wants this limit and was served less. Whoever was never denied
-- comes last.
local function fair_before(id, served, want)
  local wanting = redis.call('ZCOUNT', want, now, '+inf')
  local others = math.min(redis.call('ZRANK', served, id) or wanting, wanting)
  return math.max(0, others - EARLY)
end

-- ms for all of these: nobody asks long before its turn.
local function fair_others(id, limit, served, want)
  for _, gone in ipairs(redis.call('ZRANGEBYSCORE', want, '-inf', now - GONE_MS, 'LIMIT', 0, SWEPT)) do
    if gone ~= id then redis.call('ZREM', served, gone) redis.call('ZREM', want, gone) end
  end
  return math.floor(fair_before(id, served, want) * (limit.interval or 0) / MS_US)
end

-- A denied campaign wants this limit until a little after its turn. One that did not want it before joins where the
-- last one was served: it has no credit for the time when it wanted nothing. Answers ms to its turn.
local function fair_want(id, urgent, limit, wait)
  local scope = limit.scope
  local served, want, clock = fair_names(scope, urgent)
  local fresh, own = tonumber(redis.call('ZSCORE', want, id) or 0), redis.call('ZSCORE', served, id)
  if not own or fresh < now - LATE_MS then
    local begin = redis.call('GET', clock) or (urgent and URGENT or 0)
    redis.call('ZADD', served, math.max(tonumber(own or begin), tonumber(begin)), id)
  end
  fair_known[want] = true
  wait = wait + fair_others(id, limit, served, want)
  local more = wait > LONGEST_WAIT_MS and WANTS_AGAIN_MS or WANTS_MS
  redis.call('ZADD', want, now + wait + more, id)
  for _, key in ipairs({ served, want }) do redis.call('PEXPIRE', key, wait + FAIR_KEPT_MS) end
  return wait
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

-- ms to let others go whose turn it is, and for which limit, or 0. They have a start, of a small burst at least; should
-- none of them come, the limit is lost to nobody.
local function fair_out_of_turn(id, urgent, limits, time_us)
  for _, limit in ipairs(limits) do
    local served, want = fair_names(limit.scope, urgent)
    if limit.interval and fair_wanted(want) and fair_before(id, served, want) * limit.interval >= TURN_US then
      local burst = math.min(limit.tolerance, math.max(HEAD_US, math.min(MOST_HEAD_US, limit.interval)))
      local start = math.max(burst, math.min(HEAD_US, limit.interval / 2))
      local opens = limit.owed - limit.tolerance + start
      if opens > time_us then return math.ceil((opens - time_us) / MS_US), limit.scope end
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

-- Until when a denied campaign counts as waited with: its sender asks again by then, or gives the batch back. Nobody
-- else takes up a batch of it meanwhile: it would only wait as well. When all of the batch is claimed nobody waits with
-- the campaign any more, though answers are awaited.
local function fair_asked(id, key, before, granted, wait)
  if before and granted > 0 and string.byte(redis.call('HGET', key, 'n'), 1) == 0 then
    redis.call('HDEL', ckey(id), 'asked')
    return schedule_campaign(id)
  end
  local till = now + math.min(wait, LONGEST_WAIT_MS) + WAITED_WITH_MS
  if wait < WAITED_FROM_MS or till <= tonumber(before or 0) + WANTS_MS then return end
  redis.call('HSET', ckey(id), 'asked', till)
  schedule_campaign(id)
end
