-- Prelude of whatever knows that a scope goes slower than its rate since a 429: `mms:pace`, part of the rate : ms since
-- when it grows back (limits/limits.py shows it).
-- uses: now
local PACE_MS = 100000 -- from nothing to the whole rate: a hundredth of it comes back each second
local function pace_of(text)
  local part, since = string.match(text or '', '^([%d.]+):(%d+)')
  return part and math.min(1, tonumber(part) + math.max(0, now - tonumber(since)) / PACE_MS) or 1
end
