-- A sender shows that it is alive. ARGV: id, batch, sender's token, lease in ms
-- Answers: ok | lost (the lease ran out or another has it) | the campaign's state when it does not run
-- uses: now, keys, agenda, batch_lease
local id, batch, token, lease = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local key = ckey(id, 'r:' .. batch)
local meta = meta_read(key)
if meta.token ~= token or meta.lease <= now then return 'lost' end
meta.lease = now + lease
meta_write(key, meta)
redis.call('ZADD', 'mms:offered', 'XX', meta.lease, id .. ':' .. batch)
schedule(id, 'due', batch, meta.lease)
local state = redis.call('HGET', ckey(id), 'state')
return state == 'running' and 'ok' or state
