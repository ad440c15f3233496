-- This ledger was put back from an older copy, somebody says: nothing is claimed until it is recovered.
-- ARGV: how that is known, ms when the copy was made (nothing: when it last ticked)
-- Answers: ok
-- uses: restored
restored_mark(ARGV[1], ARGV[2])
return 'ok'
