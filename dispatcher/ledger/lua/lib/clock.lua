-- Prelude of every script: Redis's own clock. A test replaces this file's text; production never does.
local SECOND_US = 1000000
local function now_us()
  local time = redis.call('TIME')
  return tonumber(time[1]) * SECOND_US + tonumber(time[2])
end
