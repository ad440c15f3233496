-- Puts a limit in force from the next claim on. A default never replaces what an operator set.
-- ARGV: scope, interval:tolerance in microseconds (nothing: no limit), operator | default
-- Answers: ok | kept (an operator's limit is in force)
local scope, text, by = unpack(ARGV)
local known = redis.call('HGET', 'mms:rates', scope)
if by == 'default' and known and string.match(known, ':operator$') then return 'kept' end
if text == '' then redis.call('HDEL', 'mms:rates', scope) else redis.call('HSET', 'mms:rates', scope, text .. ':' .. by) end
return 'ok'
