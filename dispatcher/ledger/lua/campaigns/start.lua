-- Starts campaigns whose file is read and whose time has come, however many others are due. ARGV: most at once
-- Answers: how many were looked at; as many as asked for: there may be more
-- uses: now, keys, campaign_start
local found = redis.call('ZRANGEBYSCORE', 'mms:starts', '-inf', now, 'LIMIT', 0, tonumber(ARGV[1]))
for _, id in ipairs(found) do
  if redis.call('HGET', ckey(id), 'state') == 'scheduled' then start(id) else redis.call('ZREM', 'mms:starts', id) end
end
return #found
