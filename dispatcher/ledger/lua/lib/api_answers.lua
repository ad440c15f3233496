-- Prelude of record: what the answer to a POST says of the API.
-- uses: now, keys, pause, retry_policy
local MISFITS = 3 -- so many in a row say that our own address or account is wrong

-- `health` of a record: f (never left, 5xx, time-out), a (an answer), m (404 or 415: an answer, and our own fault) or
-- nothing (it was not tried).
local function health_count(id, health)
  local failures, most = unpack(redis.call('HMGET', 'mms:api', 'failures', 'most'))
  failures, most = tonumber(failures or 0), tonumber(most or 0)
  if health == 'f' then
    failures = redis.call('HINCRBY', 'mms:api', 'failures', 1)
    redis.call('HSETNX', 'mms:api', 'since', now)
    if failures >= most then redis.call('HSET', 'mms:api', 'probe_until', now + API_DOWN_MS) end
  elseif health == '' then
    if failures > 0 and failures >= most then redis.call('HSET', 'mms:api', 'probe_until', now) end
  elseif failures > 0 then
    redis.call('HDEL', 'mms:api', 'failures', 'probe_until', 'since')
  end
  if health == 'm' then
    local misfits = redis.call('HINCRBY', ckey(id), 'misfits', 1)
    if misfits >= MISFITS and redis.call('HEXISTS', 'mms:policy', 'brake_share') == 1 then
      pause(id, 'CarrierX answered 404 or 415 three times in a row: MMS_CARRIERX_URL or the account is set up wrongly; '
        .. 'mend it, resume, and `mms campaign retry` what was refused')
    end
  elseif health == 'a' and redis.call('HGET', ckey(id), 'misfits') then
    redis.call('HDEL', ckey(id), 'misfits')
  end
end
