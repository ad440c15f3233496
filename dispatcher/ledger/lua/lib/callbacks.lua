-- Prelude of whatever stores callbacks: a callback into its stream, with the opt-out that it carries.
-- `since` is the opt-out's time in ms, `number` empty where there is none. True: one confirmation is owed.
-- uses: alarms, suppression
local function callback_store(raw, at, number, source, since)
  redis.call('XADD', 'mms:callbacks', '*', 'raw', raw, 'at', at)
  if number == '' or not optout_put(number, 'o', since, source) then return false end
  redis.call('HSET', 'mms:optout:owed', number, at)
  return true
end

-- What nobody can read is kept for a person, the newest of it.
local DEAD_LETTERS = 1000
local function dead_letter(raw, at)
  redis.call('XADD', 'mms:dead-letters', 'MAXLEN', DEAD_LETTERS, '*', 'raw', raw, 'at', at)
  alarm('unreadable_callback')
end
