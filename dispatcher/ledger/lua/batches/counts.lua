-- Reads consecutive batches' counts by state at once. ARGV: id, the first batch, how many
-- Answers: 12 bytes a batch, one after the other; zeros for one that is not there
-- uses: keys
local found = {}
for batch = ARGV[2], ARGV[2] + ARGV[3] - 1 do
  local counts = redis.call('HGET', ckey(ARGV[1], 'r:' .. string.format('%d', batch)), 'n')
  found[#found + 1] = counts or string.rep('\0', 12)
end
return table.concat(found)
