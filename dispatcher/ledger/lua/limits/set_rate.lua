-- Puts a limit in force from the next claim on. A default is what the settings say: it is kept beside, and never
-- replaces what an operator set. ARGV: scope, interval:tolerance in microseconds (nothing: what the settings say, or no
--       limit), operator | default
-- Answers: ok | kept (an operator's limit is in force)
-- uses: scopes
local scope, text, by = unpack(ARGV)
if by == 'default' and is_shared(scope) then redis.call('HSET', 'mms:rates:default', scope, text) end
local known = redis.call('HGET', 'mms:rates', scope)
if by == 'default' and known and string.match(known, ':operator$') then return 'kept' end
if text == '' then
  text = redis.call('HGET', 'mms:rates:default', scope)
  by = 'default'
end
if text then redis.call('HSET', 'mms:rates', scope, text .. ':' .. by) else redis.call('HDEL', 'mms:rates', scope) end
return 'ok'
