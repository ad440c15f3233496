-- Campaigns rest until their turn of a limit. Where the limit has room before that, because others have gone, those
-- that come next are due now: as many as it lets go in a second. ARGV: nothing
-- Answers: how many
-- uses: clock, now, keys, agenda, rates, scopes
local LOOKED_AT = 32
local AHEAD_MS = 60000 -- whoever rests for longer waits for something else
local IN_A_MS = 1000 -- what goes in so long
local IDLE_US = 100000 -- a limit that nobody charged for so long, and for two messages of it, is not waited for
local room, roused = {}, 0
local function room_of(scope)
  limits_read({ scope })
  local limit = limits_known[scope]
  local spare_us = now_us() - (limit.owed or 0)
  local is_idle = limit.interval and limit.hold <= now and spare_us > math.max(IDLE_US, 2 * limit.interval)
  return is_idle and math.ceil(IN_A_MS * MS_US / limit.interval) or 0
end
local next_due = redis.call('ZRANGEBYSCORE', 'mms:due', '(' .. now, now + AHEAD_MS, 'LIMIT', 0, LOOKED_AT)
for _, id in ipairs(next_due) do
  local rest, scope = unpack(redis.call('HMGET', ckey(id), 'rest', 'rest_for'))
  if scope and is_shared(scope) and tonumber(rest or 0) > now then
    room[scope] = room[scope] or room_of(scope)
    if room[scope] > 0 then
      redis.call('HDEL', ckey(id), 'rest', 'rest_for')
      schedule_campaign(id)
      room[scope], roused = room[scope] - 1, roused + 1
    end
  end
end
return roused
