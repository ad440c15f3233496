-- Somebody looks at this run of the server before acting on its word. When it is looked at first, how many claims it
-- knows of is kept: whoever remembers more from an earlier run knows that it has lost some, however many were made
-- since. Where there are replicas another server may have taken over: whoever claimed lately is waited for, until it
-- has looked as well.
-- ARGV: claims that the caller remembers, the run of the server that it has them from; the caller's name if it claims,
--       else nothing; ms for which the others are waited for
-- Answers: {1 if it has lost claims: nothing is claimed until it is recovered | 0, how many are waited for, the run}
-- uses: now, restored
local remembered, from, name, patience_ms = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])
local LATELY_MS = 90000 -- who claims looks at least once a minute (_claim_guard.py)
-- A run is a process in one stretch as the primary: what it replicates has a new name with each.
local process = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
local stretch = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
local run = string.sub(process, 1, 20) .. string.sub(stretch, 1, 20)
local claims, known, began, at, looked =
  unpack(redis.call('HMGET', 'mms:ticks', 'claims', 'began_run', 'began', 'began_at', 'began_ms'))
local of_run, since = string.match(looked or '', '^(%x*) (%d+)$') -- who knows of no waiting sets no such time
claims = tonumber(claims or 0)
if known ~= run then
  began, at = claims, redis.call('HGET', 'mms:ticks', 'at') or now
  redis.call('HSET', 'mms:ticks', 'began_run', run, 'began', began, 'began_at', at)
end
if of_run ~= run then
  since = now
  redis.call('HSET', 'mms:ticks', 'began_ms', string.format('%s %.0f', run, now))
end
local lost = (from == run and claims or tonumber(began)) < remembered
if lost then
  restored_mark('cut', at)
  redis.call('HSET', 'mms:ticks', 'claims', math.max(claims, remembered), 'began', remembered)
end

local awaited = 0
if name ~= '' then redis.call('HSET', 'mms:claimers', name, string.format('%s %.0f', run, now)) end
local said = redis.call('HGETALL', 'mms:claimers')
for i = 1, #said, 2 do
  local its_run, its_ms = string.match(said[i + 1], '^(%x*) (%d+)$')
  if now - tonumber(its_ms or 0) > LATELY_MS then
    redis.call('HDEL', 'mms:claimers', said[i])
  elseif its_run ~= run then
    awaited = awaited + 1
  end
end
local alone = tonumber(redis.call('HGET', 'mms:replicas', 'n') or 0) == 0
if alone or now - tonumber(since) >= patience_ms then awaited = 0 end
return { lost and 1 or 0, awaited, run }
