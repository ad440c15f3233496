-- Prelude of whatever the reader of a campaign's file does: whether it is still the one.
-- uses: keys
local function is_reader(id, token)
  return redis.call('HGET', ckey(id), 'state') == 'checking' and redis.call('GET', ckey(id, 'expanding')) == token
end
