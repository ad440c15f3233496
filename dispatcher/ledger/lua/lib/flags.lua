-- Prelude of whatever reads more of a row than its state: what its flags say, a bit each (batches/rows.py).
local OWN_WORD = 1 -- CarrierX spoke of this very member
local NOT_THERE = 2 -- looked for once, and not found
local SID_TEXT = 4 -- its sid is no UUID and stands beside the rows
local HEARD = 8 -- counted in what CarrierX spoke of (receipt_counts.lua)
local RESTORED = 16 -- in doubt since the ledger was put back
local AGAIN = 32 -- to be tried again by a person's will
local TOLD = 64 -- its sender told that it does not know the outcome
local FORBIDDEN = 128 -- it was answered with a 403 before (forbidden.lua)
local RESTORED_TRIES = 4 -- attempts that may have been made of a message in doubt; the next has a number of its own

local function bit_has(flags, bit) return math.floor(flags / bit) % 2 == 1 end
local function bit_set(flags, bit) return bit_has(flags, bit) and flags or flags + bit end
