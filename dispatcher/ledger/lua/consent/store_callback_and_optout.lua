-- Stores an inbound callback, and the opt-out that it carries, in one step, before it is answered. Repeated, the
-- callback is stored twice, as if it had come twice. ARGV: raw body, ms of its receipt by the receiver's clock, number
--       that opts out, source, 1 if it came just now (it is the newest word then, whatever the receiver's clock says)
-- Answers: ok | out (the number was not suppressed before: one confirmation is owed)
-- uses: now, callbacks
local raw, at, number, source, fresh = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1'
return callback_store(raw, at, number, source, fresh and now or tonumber(at)) and 'out' or 'ok'
