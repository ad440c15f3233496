-- Every wait, try and window that Redis decides by itself, in one place; names end in their unit. The counterpart of
-- rules/retry_policy.py: what both sides have has the same name and is the same number.

-- A claim that is not granted.
local CLOCK_TOLERANCE_MS = 5000 -- a caller whose clock is further off claims nothing
local LONGEST_WAIT_MS = 2000 -- a sender waits so long with a batch; for longer it gives it back
local LONGEST_HOLD_MS = 3600000 -- no hold of a 429 counts for longer
local CLOSING_MS = 1000 -- allowed hours that ended since the caller looked are asked for again
local STAND_BACK_MS = 10000 -- members of a group wait for what becomes of another one's attempt
local CAP_MOVES_MS = 60000 -- a cap that is past its second boundary waits for the tick to move it on
local PRICE_MS = 3000 -- between two looks whether a first price was confirmed
local LOOK_AT_RUN_MS = 500 -- no batch is taken before this run of the server was looked at

-- Campaigns that want the same limit (fair_share.lua).
local SHORTEST_YIELD_MS = 3 -- who is ahead stands back for one message, between this
local LONGEST_YIELD_MS = 50 -- and this
local WANTS_MS = 250 -- who waits by itself asks again at most so long after its wait,
local WANTS_AGAIN_MS = 3000 -- and who gave its batch back at most so long
local LATE_MS = 1000 -- asking later than that it begins where the last one was served,
local GONE_MS = 5000 -- and is not waited for any more
local FAIR_KEPT_MS = 60000 -- what each was served is forgotten so long after the last denial
local WAITED_WITH_MS = 1000 -- a sender that waits is believed to be there so long after its wait,
local WAITED_FROM_MS = 30 -- if it is no shorter than this: for less others may wait beside it

-- An API that fails, and who finds out (api_health.lua, forbidden.lua).
local API_DOWN_MS = 5000 -- after straight failures, until one message tries again
local PROBE_MS = 65000 -- nothing was heard of it since: another one may try; longer than a POST may take
local FORBIDDEN_FIRST_MS = 2000 -- until a message that was answered 403 is tried again,
local FORBIDDEN_AGAIN_MS = 10000 -- and when it was answered so again
local FORBIDDEN_STEP_MS = 250 -- between two looks what became of the one that tries
local FORBIDDEN_KEPT_MS = 3600000 -- what was answered so longer ago says nothing about today
local FORBIDDEN_TRIES = 3 -- of a message that nobody can be compared with
local FORBIDDEN_OTHERS = 3 -- different messages that show that it is the account

-- Outcomes that a brake looks back at (brakes.lua): half minutes, for five minutes.
local OUTCOME_SLICE_MS = 30000
local OUTCOME_SLICES = 10

-- Asking CarrierX.
local EXPLAIN_MS = 5000 -- after a failure it is asked for the reason: not for each by itself
