-- Prelude of create and launch: the same file with the same settings, twice within a day, is a slip.
-- uses: keys
local SAME_SECONDS = 86400

-- `same ID` of an earlier campaign, neither cancelled nor failed, or nil: this one is remembered from now on.
local function duplicate_of(id, digest, is_allowed)
  local earlier = redis.call('GET', 'mms:same:' .. digest)
  local state = earlier and not is_allowed and redis.call('HGET', ckey(earlier), 'state')
  if state and state ~= 'cancelling' and state ~= 'cancelled' and state ~= 'failed' then return 'same ' .. earlier end
  redis.call('SET', 'mms:same:' .. digest, id, 'EX', SAME_SECONDS)
end
