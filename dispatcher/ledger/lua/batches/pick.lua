-- A process with room takes batches, of each campaign one: those on offer that nobody has yet, and those that are due;
-- urgent campaigns first. Nothing of a campaign that rests, or that somebody waits for a limit with (agenda.lua).
-- ARGV: sender's token (8 bytes), lease in ms, ms to the first look for unconfirmed, ms until one that may not be taken
--       after all is due again, at most so many, from 0 below 1: where among the campaigns that are due to begin, so
--       that none is passed over for ever
-- Answers: {ms until the next campaign is due (0: one is now; -1: none will be by itself), then for each: id, batch,
--       what lib/taking.lua answers...}
-- uses: now, keys, agenda, batch_lease, campaign_end, taking
local LOOKED_AT = 64 -- of those that are on offer, and of those that are due
local token, lease, look, again = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local most, chance, picked, had = tonumber(ARGV[5]), tonumber(ARGV[6]), { 0 }, {}
local function is_full() return #picked > 3 * most end
local function take_up(id, batch)
  if is_full() or had[id] or not batch then return end
  local state, rest, asked = unpack(redis.call('HMGET', ckey(id), 'state', 'rest', 'asked'))
  if state ~= 'running' or math.max(rest or 0, asked or 0) > now or ended_as(id) then return end
  had[id] = true
  redis.call('ZREM', 'mms:offered', id .. ':' .. batch)
  local worked, taken = pcall(take, id, batch, token, lease, look, false) -- one that is spoilt keeps no other
  if not worked or taken[1] == 'taken' then return end
  if taken[1] ~= 'ok' then
    return schedule(id, 'due', batch, now + (taken[1] == 'later' and tonumber(taken[2]) or again))
  end
  picked[#picked + 1], picked[#picked + 2], picked[#picked + 3] = id, batch, taken
end
local function due_batch(id) return redis.call('ZRANGEBYSCORE', ckey(id, 'due'), '-inf', now, 'LIMIT', 0, 1)[1] end
local offered, due = {}, redis.call('ZCOUNT', 'mms:due', '-inf', now)
for _, name in ipairs(redis.call('ZRANGEBYSCORE', 'mms:offered', now, '+inf', 'LIMIT', 0, LOOKED_AT)) do
  local id, batch = string.match(name, '^(.*):(%d+)$')
  if meta_read(ckey(id, 'r:' .. batch)).lease <= now then offered[#offered + 1] = { id, batch } end
end
local is_urgent = {}
for _, id in ipairs(redis.call('SMEMBERS', 'mms:urgent')) do
  is_urgent[id] = true
  take_up(id, due_batch(id))
end
for _, urgent in ipairs({ true, false }) do
  for _, one in ipairs(offered) do
    if (is_urgent[one[1]] or false) == urgent then take_up(unpack(one)) end
  end
end
local first = math.max(0, math.min(math.floor(chance * due), due - LOOKED_AT))
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'mms:due', '-inf', now, 'LIMIT', first, LOOKED_AT)) do
  if is_full() then break end
  take_up(id, due_batch(id))
end
if not is_full() then
  local following = redis.call('ZRANGEBYSCORE', 'mms:due', '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  picked[1] = following and math.ceil(following - now) or -1
end
return picked
