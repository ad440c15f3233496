-- Prelude of whatever needs the time: one moment for a whole run of a script, in ms since 1970.
-- uses: clock
local MS_US = 1000 -- microseconds of one
local now = math.floor(now_us() / MS_US)
local EPOCH = 1577836800000 -- ms: 2020-01-01 UTC; times in rows are ms since then, in 5 bytes (batches/rows.py)
