-- Prelude of whatever stops a campaign: it wants no limit any more, and nobody waits until it had its turn. Numbers that
-- single rows name are left out: there it is forgotten when its last wait is over (fair_share.lua).
-- uses: keys, scopes
local function fair_leave(id)
  local settings = redis.call('HGET', ckey(id), 'settings')
  local from = settings and cjson.decode(settings).from
  local scopes = { ACCOUNT }
  for _, sender in ipairs(type(from) == 'table' and from or {}) do scopes[#scopes + 1] = SENDER .. sender end
  for _, scope in ipairs(scopes) do
    redis.call('ZREM', 'mms:fair:' .. scope, id)
    redis.call('ZREM', 'mms:want:' .. scope, id)
  end
end
