-- Prelude of whatever meets what should not be: it is counted, and `mms doctor` shows it.
local function alarm(what) redis.call('HINCRBY', 'mms:alarms', what, 1) end
