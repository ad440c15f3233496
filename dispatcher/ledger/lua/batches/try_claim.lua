-- Writes as a claim does, for nobody: may one be granted now? ARGV: ms after which nothing is left of it
-- Answers: ok
redis.call('SET', 'mms:trial', 1, 'PX', ARGV[1])
return 'ok'
