-- Writes entries of the suppression list; the newest of each number wins, so it may be repeated in any order.
-- ARGV: per entry four: number, state (o: out, i: in again), ms since 1970 (0: now, if it changes anything), source
-- Answers: how many numbers are suppressed now and were not, or the other way round
-- uses: suppression
local changed = 0
for i = 1, #ARGV, 4 do
  if optout_put(ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3]) then changed = changed + 1 end
end
return changed
