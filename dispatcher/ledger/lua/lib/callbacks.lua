-- Prelude of receive and drain, behind _optouts: a callback into its stream, with the opt-out that it carries.
-- `since` is the opt-out's time in ms, `number` empty where there is none. True: one confirmation is owed.
-- uses: suppression
local function callback_store(raw, at, number, source, since)
  redis.call('XADD', 'mms:callbacks', '*', 'raw', raw, 'at', at)
  if number == '' or not optout_put(number, 'o', since, source) then return false end
  redis.call('HSET', 'mms:optout:owed', number, at)
  return true
end

-- What nobody can read is kept for a person, the newest 1,000.
local function dead_letter(raw, at)
  redis.call('XADD', 'mms:dead-letters', 'MAXLEN', 1000, '*', 'raw', raw, 'at', at)
  redis.call('HINCRBY', 'mms:alarms', 'unreadable_callback', 1)
end
