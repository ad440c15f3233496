-- Sums up campaigns and rows by state of what is over and settled, once: `sealed` in a campaign's hash says as what. A
-- row that moves takes its campaign out of the sum again (rows.lua). If campaigns are missing, the sum is made anew.
-- ARGV: campaigns to look at, at most
-- Answers: done, the sum as field, sum, … with `c:state` campaigns, `r:letter` rows, and the campaigns that are not in
--          it | again (there is more to sum up)
-- uses: keys
local sum, open, all = 'mms:totals', 'mms:totals:open', redis.call('ZCARD', 'mms:campaigns')
local function number(name) return tonumber(redis.call('HGET', sum, name) or 0) end

local function gather()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'mms:campaigns', number('last'), '+inf')) do
    if redis.call('HEXISTS', ckey(id), 'sealed') == 0 then redis.call('SADD', open, id) end
  end
  local last = redis.call('ZREVRANGE', 'mms:campaigns', 0, 0, 'WITHSCORES')[2]
  if last then redis.call('HSET', sum, 'last', last) end
end

gather()
if number('n') + redis.call('SCARD', open) ~= all then
  for _, id in ipairs(redis.call('ZRANGE', 'mms:campaigns', 0, -1)) do redis.call('HDEL', ckey(id), 'sealed') end
  redis.call('DEL', sum, open)
  gather()
end

local OVER = { completed = true, cancelled = true, failed = true }
local by = {}
for _, id in ipairs(redis.call('SRANDMEMBER', open, ARGV[1])) do
  local state = redis.call('HGET', ckey(id), 'state')
  if state and OVER[state] and not redis.call('ZSCORE', 'mms:settle', id) then
    local parts, counts = { 'n', '1', 'c:' .. state, '1' }, redis.call('HGETALL', ckey(id, 'counts'))
    for i = 1, #counts, 2 do parts[i + 4], parts[i + 5] = 'r:' .. counts[i], counts[i + 1] end
    for i = 1, #parts, 2 do by[parts[i]] = (by[parts[i]] or 0) + tonumber(parts[i + 1]) end
    redis.call('HSET', ckey(id), 'sealed', cmsgpack.pack(parts))
    redis.call('SREM', open, id)
  end
end
for name, more in pairs(by) do redis.call('HINCRBY', sum, name, string.format('%.0f', more)) end
if by.n and redis.call('SCARD', open) > tonumber(ARGV[1]) then return { 'again' } end
return { 'done', redis.call('HGETALL', sum), redis.call('SMEMBERS', open) }
