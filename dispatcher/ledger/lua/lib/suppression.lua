-- Prelude of every script that reads or writes the suppression list: `mms:optout`, number → state, ms, source.
-- uses: now
local function optout_is(number)
  return string.sub(redis.call('HGET', 'mms:optout', number) or '', 1, 1) == 'o'
end

-- The newest entry wins, an opt-out wins a tie, and nothing is newer than now. A time of 0 means now, unless the number
-- is in that state already. Who is suppressed stands in `mms:optout:order` too. Answers whether the number is
-- suppressed now and was not, or the other way round.
local function optout_put(number, state, at, source)
  local known = redis.call('HGET', 'mms:optout', number)
  local was, since = string.match(known or '', '^(%a) (%d+)')
  if at == 0 and was == state then return false end
  at, since = math.min(at == 0 and now or at, now), tonumber(since or -1)
  if since > at or (since == at and (was == state or was == 'o')) then return false end
  redis.call('HSET', 'mms:optout', number, state .. ' ' .. string.format('%.0f', at) .. ' ' .. source)
  if state == 'o' then
    redis.call('ZADD', 'mms:optout:order', at, number)
  else
    redis.call('ZREM', 'mms:optout:order', number)
  end
  return (was == 'o') ~= (state == 'o')
end
