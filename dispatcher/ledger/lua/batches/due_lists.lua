-- Which lists of the agenda a tick has to look at, so that a quiet one asks once. ARGV: how many ms ahead recurring
-- broadcasts are made, and batches are of interest, the caller's schema
-- Answers: now, ms; then the names of the keys: lists with something due, latches that are open, mms:upgrade if the
--       ledger is of an older schema
-- uses: now
local ahead = { ['mms:schedule:due'] = tonumber(ARGV[1]), ['mms:due'] = tonumber(ARGV[2]) }
local BY_TIME = { 'mms:caps:due', 'mms:expiring', 'mms:schedule:due', 'mms:starts', 'mms:due', 'mms:care', 'mms:search',
                  'mms:settle',
                  'mms:inbound:unanswered', 'mms:explain' }
local found = { string.format('%.0f', now) }

for _, key in ipairs({ 'mms:doubt', 'mms:sweeping', 'mms:reading' }) do
  if redis.call('SCARD', key) > 0 then table.insert(found, key) end
end
for _, key in ipairs(BY_TIME) do
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  if first[2] and tonumber(first[2]) <= now + (ahead[key] or 0) then table.insert(found, key) end
end
if redis.call('XLEN', 'mms:callbacks') > 0 then table.insert(found, 'mms:callbacks') end
for _, key in ipairs({ 'mms:turn:tidy', 'mms:turn:retention' }) do
  if redis.call('EXISTS', key) == 0 then table.insert(found, key) end
end
local made, schema = unpack(redis.call('HMGET', 'mms:stamp', 'made_at', 'schema'))
if made and tonumber(schema or 1) < tonumber(ARGV[3]) then table.insert(found, 'mms:upgrade') end
return found
