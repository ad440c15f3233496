-- The reader of a campaign's file shows that it is alive. ARGV: id, reader's token, its lease in ms
-- Answers: ok | lost
-- uses: keys, reading
local id, token, lease = unpack(ARGV)
if not is_reader(id, token) then return 'lost' end
redis.call('PEXPIRE', ckey(id, 'expanding'), lease)
return 'ok'
