-- Prelude of record and apply: too large a share of recipients that were refused or failed pauses a campaign. The
-- thresholds are in `mms:policy`, written from the settings; without them the brake is off.
-- uses: now, keys, pause, retry_policy
local PERCENT = 100

-- Counts recipients that CarrierX answered for, and those that were refused or failed.
local function outcomes_count(id, answered, bad)
  if answered + bad == 0 then return end
  local key, slice = ckey(id, 'lately'), math.floor(now / OUTCOME_SLICE_MS)
  local field = tostring(slice % OUTCOME_SLICES)
  local at, n, b = string.match(redis.call('HGET', key, field) or '', '^(%d+):(%d+):(%d+)$')
  if at ~= tostring(slice) then n, b = 0, 0 end
  redis.call('HSET', key, field, slice .. ':' .. n + answered .. ':' .. b + bad)
  if at ~= tostring(slice) then redis.call('PEXPIRE', key, OUTCOME_SLICE_MS * OUTCOME_SLICES * 2) end
  if bad == 0 then return end
  local all, share = unpack(redis.call('HMGET', 'mms:policy', 'brake_outcomes', 'brake_share'))
  local total, failed = 0, 0
  for _, value in ipairs(redis.call('HVALS', key)) do
    local when, m, f = string.match(value, '^(%d+):(%d+):(%d+)$')
    if tonumber(when) > slice - OUTCOME_SLICES then total, failed = total + m, failed + f end
  end
  total = math.max(total, failed)
  if not share or tonumber(share) <= 0 or total < tonumber(all) or failed < share * total then return end
  pause(id, string.format('%d of the last %d recipients were refused or failed (brake at %d %% of %d): look at the '
    .. 'report\'s reasons, then resume; MMS_BRAKE_SHARE=0 turns this brake off', failed, total, share * PERCENT, all))
end
