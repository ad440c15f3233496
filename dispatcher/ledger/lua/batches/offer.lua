-- Starts a campaign whose time has come, and offers its due batches while the window has room. An offered batch is
-- due again when the offer lapses, so a lost hint only costs time. ARGV: id, window over all campaigns, most of this
--       one's batches on offer or under way, offer in ms
-- Answers: numbers of the batches offered
-- uses: now, keys, agenda, campaign_end, campaign_start
local id, window, most, offer = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local state, start_at, rest, asked, doubt = unpack(redis.call('HMGET', ckey(id),
  'state', 'start_at', 'rest', 'asked', 'doubt'))
if doubt or redis.call('EXISTS', 'mms:restored') == 1 then return {} end
if state == 'scheduled' and (tonumber(start_at) or 0) <= now then
  start(id)
  state = 'running'
end
if state ~= 'running' then
  if state ~= 'scheduled' then redis.call('ZREM', 'mms:due', id) end
  return {}
end
redis.call('ZREMRANGEBYSCORE', 'mms:offered', '-inf', now)
local on_offer, own = redis.call('ZRANGE', 'mms:offered', 0, -1), 0
for _, name in ipairs(on_offer) do
  if string.sub(name, 1, #id + 1) == id .. ':' then own = own + 1 end
end
if ended_as(id) then return {} end
local waits = math.max(rest or 0, asked or 0) > now
local room = waits and 0 or math.min(most - own, window - #on_offer)
local found = room > 0 and redis.call('ZRANGEBYSCORE', ckey(id, 'due'), '-inf', now, 'LIMIT', 0, room) or {}
for _, batch in ipairs(found) do
  redis.call('ZADD', 'mms:offered', now + offer, id .. ':' .. batch)
  redis.call('ZADD', ckey(id, 'due'), now + offer, batch)
end
schedule_campaign(id)
return found
