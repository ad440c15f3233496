-- Prelude of claim, record and apply: what stops a campaign, or everything, by itself. The thresholds are in `mms:policy`,
-- written from the settings; without them a brake is off.
-- uses: rows
local SLICE, SLICES = 30000, 10 -- outcomes are kept by half minutes, for five minutes

local function pause(id, reason)
  if redis.call('HGET', ckey(id), 'state') ~= 'running' then return end
  redis.call('HSET', ckey(id), 'state', 'paused', 'reason', reason)
  redis.call('ZREM', 'mms:due', id)
end

-- Counts recipients that CarrierX answered for, and those that were refused or failed; too large a share pauses the campaign.
local function outcomes_count(id, answered, bad)
  if answered + bad == 0 then return end
  local key, slice = ckey(id, 'lately'), math.floor(now / SLICE)
  local field = tostring(slice % SLICES)
  local at, n, b = string.match(redis.call('HGET', key, field) or '', '^(%d+):(%d+):(%d+)$')
  if at ~= tostring(slice) then n, b = 0, 0 end
  redis.call('HSET', key, field, slice .. ':' .. n + answered .. ':' .. b + bad)
  if at ~= tostring(slice) then redis.call('PEXPIRE', key, SLICE * SLICES * 2) end
  if bad == 0 then return end
  local all, share = unpack(redis.call('HMGET', 'mms:policy', 'brake_outcomes', 'brake_share'))
  local total, failed = 0, 0
  for _, value in ipairs(redis.call('HVALS', key)) do
    local when, m, f = string.match(value, '^(%d+):(%d+):(%d+)$')
    if tonumber(when) > slice - SLICES then total, failed = total + m, failed + f end
  end
  total = math.max(total, failed)
  if not share or tonumber(share) <= 0 or total < tonumber(all) or failed < share * total then return end
  pause(id, string.format('%d of the last %d recipients were refused or failed (brake at %d %% of %d): look at the report\'s '
    .. 'reasons, then resume; MMS_BRAKE_SHARE=0 turns this brake off', failed, total, share * 100, all))
end

-- Straight failures of the API hold everything. Answers ms to wait and whether the next claim is a probe.
local api_known -- what was found, until this run of the script changes it
local function api_wait()
  if api_known then return api_known.wait, api_known.probe end
  local failures, most, probe = unpack(redis.call('HMGET', 'mms:api', 'failures', 'most', 'probe_until'))
  if not most or tonumber(most) == 0 or tonumber(failures or 0) < tonumber(most) then
    api_known = { wait = 0, probe = false }
  else
    local wait = tonumber(probe or 0) - now
    api_known = { wait = math.max(0, math.min(wait, 5000)), probe = wait <= 0 }
  end
  return api_known.wait, api_known.probe
end

local function api_probe()
  api_known = nil
  redis.call('HSET', 'mms:api', 'probe_until', now + 65000)
end

-- `health` of a record: f (never left, 5xx, time-out), a (an answer), m (404 or 415: an answer, and our own fault) or
-- nothing (it was not tried).
local function health_count(id, health)
  local failures, most = unpack(redis.call('HMGET', 'mms:api', 'failures', 'most'))
  failures, most = tonumber(failures or 0), tonumber(most or 0)
  if health == 'f' then
    failures = redis.call('HINCRBY', 'mms:api', 'failures', 1)
    redis.call('HSETNX', 'mms:api', 'since', now)
    if failures >= most then redis.call('HSET', 'mms:api', 'probe_until', now + 5000) end
  elseif health == '' then
    if failures > 0 and failures >= most then redis.call('HSET', 'mms:api', 'probe_until', now) end
  elseif failures > 0 then
    redis.call('HDEL', 'mms:api', 'failures', 'probe_until', 'since')
  end
  if health == 'm' then
    if redis.call('HINCRBY', ckey(id), 'misfits', 1) >= 3 and redis.call('HEXISTS', 'mms:policy', 'brake_share') == 1 then
      pause(id, 'CarrierX answered 404 or 415 three times in a row: MMS_CARRIERX_URL or the account is set up wrongly; '
        .. 'mend it, resume, and `mms campaign retry` what was refused')
    end
  elseif health == 'a' and redis.call('HGET', ckey(id), 'misfits') then
    redis.call('HDEL', ckey(id), 'misfits')
  end
end
