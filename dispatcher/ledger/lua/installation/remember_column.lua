-- Remembers which column of files with these headings a person chose; of too many the oldest is forgotten.
-- ARGV: hash of the headings, the column, how many are kept, seconds that all are kept after the last
-- Answers: ok
-- uses: now
local headings, column, most, life = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local COLUMNS = 'mms:columns'
redis.call('HSET', COLUMNS, headings, now .. ':' .. column)
redis.call('EXPIRE', COLUMNS, life)
if redis.call('HLEN', COLUMNS) <= most then return 'ok' end
local oldest, since
local all = redis.call('HGETALL', COLUMNS)
for i = 1, #all, 2 do
  local ms = tonumber(string.match(all[i + 1], '^%d+'))
  if not since or ms < since then oldest, since = all[i], ms end
end
redis.call('HDEL', COLUMNS, oldest)
return 'ok'
