-- The reader of a campaign's file shows that it is alive. ARGV: id, reader's token, its lease in ms
-- Answers: ok | lost
-- uses: rows
local id, token, lease = unpack(ARGV)
if redis.call('HGET', ckey(id), 'state') ~= 'checking' or redis.call('GET', ckey(id, 'expanding')) ~= token then return 'lost' end
redis.call('PEXPIRE', ckey(id, 'expanding'), lease)
return 'ok'
