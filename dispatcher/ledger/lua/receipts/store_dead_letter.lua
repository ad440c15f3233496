-- Keeps a callback that cannot be read for a person; one of the stream is acknowledged in the same step. Repeated for a
-- new one it is kept twice, for one of the stream once. ARGV: raw body, ms of its receipt, the stream's id or nothing
-- Answers: kept | gone (it was done with already)
-- uses: callbacks
local raw, at, entry = unpack(ARGV)
if entry ~= '' and redis.call('XDEL', 'mms:callbacks', entry) == 0 then return 'gone' end
dead_letter(raw, at)
return 'kept'
