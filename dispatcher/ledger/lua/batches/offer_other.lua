-- A process that waits for limits takes up another campaign's batch meanwhile: one that is on offer and that nobody has
-- yet, else one that is due; urgent campaigns first. Beyond the window: it costs no worker.
-- ARGV: offer in ms, 1: only of a campaign that nobody waits with (fair_share.lua), campaigns that are not asked for...
-- Answers: {id, batch} | {}
-- uses: now, keys, agenda, batch_lease, campaign_end
local LOOKED_AT = 64 -- of those that are on offer, and of those that are due
local offer, unserved, had, best = tonumber(ARGV[1]), ARGV[2] == '1', {}, nil
for i = 3, #ARGV do had[ARGV[i]] = true end
local function is_free(id)
  if had[id] then return false end
  local state, rest, asked = unpack(redis.call('HMGET', ckey(id), 'state', 'rest', 'asked'))
  if unserved and asked and tonumber(asked) > now then return false end
  return state == 'running' and not (rest and tonumber(rest) > now) and not ended_as(id)
end
local function take_up(id, batch)
  local is_urgent = redis.call('SISMEMBER', 'mms:urgent', id) == 1
  if not best or (is_urgent and not best.urgent) then best = { id = id, batch = batch, urgent = is_urgent } end
end
for _, name in ipairs(redis.call('ZRANGEBYSCORE', 'mms:offered', now, '+inf', 'LIMIT', 0, LOOKED_AT)) do
  local id, batch = string.match(name, '^(.*):(%d+)$')
  if is_free(id) and meta_read(ckey(id, 'r:' .. batch)).lease <= now then take_up(id, batch) end
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'mms:due', '-inf', now, 'LIMIT', 0, LOOKED_AT)) do
  local found = is_free(id) and redis.call('ZRANGEBYSCORE', ckey(id, 'due'), '-inf', now, 'LIMIT', 0, 1) or {}
  if found[1] then take_up(id, found[1]) end
end
if not best then return {} end
redis.call('ZREM', 'mms:offered', best.id .. ':' .. best.batch)
schedule(best.id, 'due', best.batch, now + offer)
return { best.id, best.batch }
