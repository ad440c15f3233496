-- Prelude of claim and record: an API that fails is left alone, and one message at a time tries whether it works again.
-- uses: now, retry_policy

-- Straight failures of the API hold everything. Answers ms to wait and whether the next claim is a probe.
local api_known -- what was found, until this run of the script changes it
local function api_wait()
  if api_known then return api_known.wait, api_known.probe end
  local failures, most, probe = unpack(redis.call('HMGET', 'mms:api', 'failures', 'most', 'probe_until'))
  if not most or tonumber(most) == 0 or tonumber(failures or 0) < tonumber(most) then
    api_known = { wait = 0, probe = false }
  else
    local wait = tonumber(probe or 0) - now
    api_known = { wait = math.max(0, math.min(wait, API_DOWN_MS)), probe = wait <= 0 }
  end
  return api_known.wait, api_known.probe
end

local function api_probe()
  api_known = nil
  redis.call('HSET', 'mms:api', 'probe_until', now + PROBE_MS)
end
