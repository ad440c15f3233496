-- A campaign of a ledger that was put back may have been sent meanwhile: none of it is claimed until `quarantine_batch`
-- has been at each of its batches. ARGV: id, ms of the recovery, 1 if it may have been sent
--       although its start is still to come
-- Answers: doubt | later (its time has not come even now) | the state in which nothing is sent
-- uses: now, keys
local id, at, early = ARGV[1], ARGV[2], ARGV[3] == '1'
local state, start_at, begun = unpack(redis.call('HMGET', ckey(id), 'state', 'start_at', 'started_at'))
local sends = { draft = true, checking = true, ready = true, scheduled = true, running = true, paused = true }
if not sends[state] then return state or 'gone' end
if redis.call('HGET', ckey(id), 'doubt') == at then return 'doubt' end
if not early and (state == 'draft' or (not begun and start_at and tonumber(start_at) > now)) then return 'later' end
redis.call('HSET', ckey(id), 'doubt', at, 'doubted', 0)
redis.call('SADD', 'mms:doubt', id)
return 'doubt'
