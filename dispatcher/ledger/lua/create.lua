-- Makes a campaign whose upload is already stored; from now on the upload has an owner and lives until it is read.
-- ARGV: id, its own limit (or nothing), then field and value pairs of its hash.
-- Answers: taken (the id is in use; nothing changed) | ok
local id = ARGV[1]
if redis.call('EXISTS', ckey(id)) == 1 then return 'taken' end
local serial = redis.call('HLEN', 'mms:numbers') + 1
redis.call('HSET', 'mms:numbers', serial, id)
redis.call('HSET', ckey(id), 'serial', serial, 'created_at', now, 'state', 'checking', 'batches', 0, 'rows_read', 0,
  'messages', 0, 'read', 0)
for i = 3, #ARGV, 2 do redis.call('HSET', ckey(id), ARGV[i], ARGV[i + 1]) end
if ARGV[2] ~= '' then redis.call('HSET', 'mms:rates', 'campaign:' .. id, ARGV[2]) end
for chunk = 0, tonumber(redis.call('HGET', ckey(id), 'chunks')) - 1 do redis.call('PERSIST', ckey(id, 'upload:' .. chunk)) end
redis.call('ZADD', 'mms:campaigns', now, id)
redis.call('SADD', 'mms:reading', id)
return 'ok'
