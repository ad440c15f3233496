-- Whose turn it is to ask CarrierX: all kinds of questions share one rate. A kind that others leave room for may have
-- all of it; of several that want it each gets its part. ARGV: the kind, its weight, us between two questions of
--       whatever kind
-- Answers: 0 (ask now) | us to wait before trying again
-- uses: clock
local WANTS_US = 50000 -- who has not asked again by then,
local WANTS = 2 -- or in so many turns, does not want it any more
local KEPT_MS = 3600000
local kind, weight, step = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local KEY, time = 'mms:turns', now_us()
local known, flat = {}, redis.call('HGETALL', KEY)
for i = 1, #flat, 2 do known[flat[i]] = tonumber(flat[i + 1]) end
local wants = math.max(WANTS * step, WANTS_US)
redis.call('PEXPIRE', KEY, KEPT_MS)

local function wait(us)
  redis.call('HSET', KEY, 'until:' .. kind, string.format('%.0f', time + wants))
  return math.max(1, math.ceil(us))
end

local free = known.next or 0
if free > time + step then -- the rate was raised, or the clock was put back
  free = time + step
  redis.call('HSET', KEY, 'next', string.format('%.0f', free))
end
if free > time then return wait(math.min(free - time, step / 2)) end
local served = known.served or 0
local mine = math.max(known['at:' .. kind] or 0, served)
for field, ends in pairs(known) do
  local other = string.match(field, '^until:(.+)$')
  local wants_it = other and other ~= kind and ends > time
  if wants_it and math.max(known['at:' .. other] or 0, served) < mine then return wait(step / 2) end
end
redis.call('HSET', KEY, 'next', string.format('%.0f', math.max(free, time - step) + step), 'served', mine,
  'at:' .. kind, mine + 1 / weight)
redis.call('HDEL', KEY, 'until:' .. kind)
return 0
