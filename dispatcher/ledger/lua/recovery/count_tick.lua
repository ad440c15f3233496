-- Counts a tick for somebody who remembers, outside of this store, how many there were. A ledger that knows of fewer
-- was put back from an older copy: nothing is claimed until it is recovered. Shows senders that this run of the server
-- was looked at (take.lua). ARGV: the most ticks that the caller remembers; ms in which one caller's tick is enough, 0:
--       it counts
-- Answers: {ticks, 1 if nothing is claimed until the ledger is recovered}; nothing: somebody else ticked already
-- uses: now, restored
if tonumber(ARGV[2]) > 0 and not redis.call('SET', 'mms:tick', 1, 'NX', 'PX', ARGV[2]) then return {} end
local remembered, ticks = tonumber(ARGV[1]), tonumber(redis.call('HGET', 'mms:ticks', 'n') or 0)
if ticks < remembered then
  restored_mark('older', '')
  ticks = remembered
end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
redis.call('HSET', 'mms:ticks', 'n', ticks + 1, 'at', string.format('%.0f', now), 'run', run or '')
return { ticks + 1, redis.call('EXISTS', 'mms:restored') }
