-- Prelude of whatever gives a row a reason: a refusal's or a wait's text, kept once per campaign; rows carry its
-- number.
-- uses: keys
local MOST_TEXTS = 65000 -- a number is two bytes; whatever comes beyond has this one:
local ANY_TEXT = 65535
local function reason_of(id, text)
  if text == '' then return 0 end
  local key = ckey(id, 'texts')
  local known = redis.call('HGET', key, '=' .. text)
  if known then return tonumber(known) end
  local number = redis.call('HINCRBY', key, 'next', 1)
  if number > MOST_TEXTS then return ANY_TEXT end
  redis.call('HSET', key, '=' .. text, number, number, text)
  return number
end
