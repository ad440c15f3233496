-- Somebody looks at this run of the server before acting on its word. When it is looked at first, how many claims it
-- knows of is kept: whoever remembers more from an earlier run knows that it has lost some, however many were made
-- since.
-- ARGV: claims that the caller remembers, the run of the server that it has them from
-- Answers: 1 if it has lost claims: nothing is claimed until it is recovered | 0
-- uses: now, restored
local remembered, from = tonumber(ARGV[1]), ARGV[2]
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
local claims, known, began, at = unpack(redis.call('HMGET', 'mms:ticks', 'claims', 'began_run', 'began', 'began_at'))
claims = tonumber(claims or 0)
if known ~= run then
  began, at = claims, redis.call('HGET', 'mms:ticks', 'at') or now
  redis.call('HSET', 'mms:ticks', 'began_run', run, 'began', began, 'began_at', at)
end
local lost = (from == run and claims or tonumber(began)) < remembered
if lost then
  restored_mark('cut', at)
  redis.call('HSET', 'mms:ticks', 'claims', math.max(claims, remembered), 'began', remembered)
end
return lost and 1 or 0
