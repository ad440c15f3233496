-- Makes another token the admin token, if nobody was faster.
-- ARGV: id of the one that was seen (nothing: none), id of the new one, its facts as JSON
-- Answers: 1; 0: another one is there by now
if (redis.call('HGET', 'mms:install', 'admin') or '') ~= ARGV[1] then return 0 end
redis.call('HSET', 'mms:install', 'admin', ARGV[2])
redis.call('HSET', 'mms:tokens', ARGV[2], ARGV[3])
return 1
