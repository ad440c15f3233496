-- Remembers how far a campaign has come, once in a while: a line over its whole life, which gets coarser as it gets
-- longer, and the last seconds as they were. ARGV: id, limit in force (rows a second; 0: none known), points to keep at
--       most
-- Answers: ok
-- uses: now, keys
local LATELY = 10 -- points of the last seconds
local APART_MS = 900 -- between two points of the line, at least
local id, limit, most = ARGV[1], ARGV[2], tonumber(ARGV[3])
local line, lately = ckey(id, 'pace'), ckey(id, 'pace:now')
local handed = tonumber(redis.call('HGET', ckey(id), 'retried') or 0)
for _, rows in ipairs(redis.call('HMGET', ckey(id, 'counts'), 'u', 'q', 't', 'f', 'd', 'r')) do
  handed = handed + tonumber(rows or 0)
end
local point = string.format('%.0f:%d:%s', now, handed, limit)
redis.call('RPUSH', lately, point)
redis.call('LTRIM', lately, -LATELY, -1)
local first, last = redis.call('LINDEX', line, 0), redis.call('LINDEX', line, -1)
local function at(text) return tonumber(string.match(text, '^%d+')) end
if last and now - at(last) < math.max(APART_MS, 2 * (now - at(first)) / most) then return 'ok' end
if redis.call('RPUSH', line, point) > most then
  local all = redis.call('LRANGE', line, 0, -1)
  redis.call('DEL', line)
  for i = 1, #all, 2 do redis.call('RPUSH', line, all[i]) end
end
return 'ok'
