-- Adds what a process counted for the metrics. ARGV: per count two: its field, how many more
-- Answers: ok
for i = 1, #ARGV, 2 do redis.call('HINCRBY', 'mms:tally', ARGV[i], ARGV[i + 1]) end
return 'ok'
