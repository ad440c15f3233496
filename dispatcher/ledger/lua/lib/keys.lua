-- Prelude of whatever touches a campaign: the names of its keys. All keys are on one page, store/keys.py.
local function ckey(id, what) return 'mms:c:' .. id .. (what and ':' .. what or '') end
