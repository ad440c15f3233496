-- Makes a campaign whose upload is already stored; from now on the upload has an owner and lives until it is read.
-- ARGV: id, its own limit, digest of file and settings, 1 if the same may be there, packed media facts, hashes of its
--   stored media with spaces between (each may be nothing), then field and value pairs of its hash.
-- Answers: taken (the id is in use) | same ID (a campaign of the last 24 h, neither cancelled nor failed) | ok
-- uses: now, keys, duplicates, scopes
local id, limit, digest, again, facts, media = unpack(ARGV)
if redis.call('EXISTS', ckey(id)) == 1 then return 'taken' end
local same = digest ~= '' and duplicate_of(id, digest, again == '1')
if same then return same end
-- Counted, not looked up: the numbers of campaigns that are gone are not given again.
redis.call('HSETNX', 'mms:numbers', 'last', redis.call('HLEN', 'mms:numbers'))
local serial = redis.call('HINCRBY', 'mms:numbers', 'last', 1)
redis.call('HSET', 'mms:numbers', serial, id)
redis.call('HSET', ckey(id), 'serial', serial, 'created_at', now, 'state', 'checking', 'batches', 0, 'rows_read', 0,
  'messages', 0, 'read', 0)
for i = 7, #ARGV, 2 do redis.call('HSET', ckey(id), ARGV[i], ARGV[i + 1]) end
if limit ~= '' then redis.call('HSET', 'mms:rates', campaign_scope(id), limit) end
if facts ~= '' then redis.call('SET', ckey(id, 'media'), facts) end
for hash in string.gmatch(media, '%S+') do
  redis.call('PERSIST', 'mms:media:' .. hash)
  redis.call('SADD', 'mms:media:' .. hash .. ':for', id)
  redis.call('SADD', 'mms:media', hash)
end
for chunk = 0, tonumber(redis.call('HGET', ckey(id), 'chunks')) - 1 do
  redis.call('PERSIST', ckey(id, 'upload:' .. chunk))
end
-- What we answer by ourselves is not among the campaigns of people.
redis.call('ZADD', redis.call('HEXISTS', ckey(id), 'kind') == 1 and 'mms:answers' or 'mms:campaigns', now, id)
if redis.call('HGET', ckey(id), 'state') == 'checking' then redis.call('SADD', 'mms:reading', id) end -- a draft waits
return 'ok'
