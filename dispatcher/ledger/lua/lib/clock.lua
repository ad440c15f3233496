-- Prelude of every script: Redis's own clock. A test replaces this file's text; production never does.
local function now_us()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end
