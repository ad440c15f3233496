-- A sender takes the batch that it was hinted at. ARGV: id, batch, sender's token (8 bytes), lease in ms, ms to the
--       first look for unconfirmed, 1: it counts among those under way, 0: as many others may be offered as without it
-- Answers: as lib/taking.lua says
-- uses: taking
return take(ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6] == '1')
