-- Prelude of whatever stops a campaign: it wants no limit any more, and nobody waits until it had its turn. At numbers
-- that single rows name it is forgotten only when its last wait is over (fair_share.lua).
-- uses: keys, scopes
local function fair_leave(id)
  local settings = redis.call('HGET', ckey(id), 'settings')
  local scopes = { ACCOUNT }
  for _, sender in ipairs(settings and cjson.decode(settings).from or {}) do scopes[#scopes + 1] = SENDER .. sender end
  for _, scope in ipairs(scopes) do
    redis.call('ZREM', 'mms:fair:' .. scope, id)
    redis.call('ZREM', 'mms:want:' .. scope, id)
  end
end
