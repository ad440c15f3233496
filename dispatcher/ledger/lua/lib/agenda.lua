-- Prelude of whatever changes when a batch is next due ('due'), to be asked about ('care') or to be looked for
-- ('search').
-- uses: keys

-- When a running campaign next needs a sender: when its earliest batch does, but not while it rests or while somebody
-- waits for a limit with it.
local function schedule_campaign(id)
  local state, rest, asked = unpack(redis.call('HMGET', ckey(id), 'state', 'rest', 'asked'))
  if state ~= 'running' then return end
  local first = redis.call('ZRANGE', ckey(id, 'due'), 0, 0, 'WITHSCORES')
  if not first[2] then redis.call('ZREM', 'mms:due', id) return end
  redis.call('ZADD', 'mms:due', math.max(first[2], rest or 0, asked or 0), id)
end

-- `at` in ms, 0 takes it out. Keeps the global set true; a campaign that does not run is not in the global `due`.
local function schedule(id, which, batch, at)
  local key = ckey(id, which)
  if at == 0 then redis.call('ZREM', key, batch) else redis.call('ZADD', key, at, batch) end
  if which == 'due' then return schedule_campaign(id) end
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if first[2] then redis.call('ZADD', 'mms:' .. which, first[2], id) else redis.call('ZREM', 'mms:' .. which, id) end
end

local function schedule_by(id, which, batch, at)
  local known = redis.call('ZSCORE', ckey(id, which), batch)
  if not known or tonumber(known) > at then schedule(id, which, batch, at) end
end
local function care_by(id, batch, at) schedule_by(id, 'care', batch, at) end
local function search_by(id, batch, at) schedule_by(id, 'search', batch, at) end
