-- A sender is done with a batch for now: it is due again when its next row is, or done for good.
-- What it claimed and never recorded becomes `unconfirmed`: its POST may have left. ARGV: id, batch, sender's token,
--       wait in ms (0: as the rows say), ms until rows without a last word are asked for, ms to the first look,
--       the limit that holds the whole campaign so long (or nothing)
-- Answers: done | due | lost (another has it now: nothing changed)
-- uses: now, keys, rows, agenda, batch_lease, campaign_end
local id, batch, token, scope = ARGV[1], ARGV[2], ARGV[3], ARGV[7]
local wait, poll, look = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local key = ckey(id, 'r:' .. batch)
local meta = meta_read(key)
if meta.token ~= token then return 'lost' end
redis.call('ZREM', 'mms:offered', id .. ':' .. batch)
redis.call('HDEL', ckey(id), 'asked') -- whoever else waits with this campaign says so again
meta.lease, meta.token = 0, NO_TOKEN
unconfirm_claimed(id, batch, key, look)
local untouched, earliest = string.byte(redis.call('HGET', key, 'n'), 1), nil
for _, row in touched_rows(key, 'p') do
  untouched = untouched - 1
  local at = row.at > 0 and row.at + EPOCH or now
  earliest = math.min(earliest or at, at)
end
local pending = untouched > 0 or earliest
if untouched > 0 then earliest = now end
if scope ~= '' and pending then
  redis.call('HSET', ckey(id), 'rest', now + wait, 'rest_for', scope)
  wait = 0
end
meta.due = pending and math.max(earliest, now + wait) or 0
meta_write(key, meta)
schedule(id, 'due', batch, meta.due)
local counts = { string.byte(redis.call('HGET', key, 'n'), 1, #LETTERS) }
if counts[4] + counts[5] > 0 then care_by(id, batch, now + poll) end
end_if_done(id)
return pending and 'due' or 'done'
