-- Prelude of whatever asks or sets a limit: what a limit may be of, and how that is spelt in keys and fields. The
-- counterpart of model/scope.py; a new kind of scope is spelt here alone.
local ACCOUNT, SENDERS, SENDER, CAMPAIGN = 'account', 'sender', 'sender:', 'campaign:'

local function begins_with(text, beginning) return string.sub(text, 1, #beginning) == beginning end
local function campaign_scope(id) return CAMPAIGN .. id end

-- Every scope of a message of this campaign from this number, in the order in which they are asked.
local function scopes_of(id, sender) return { ACCOUNT, SENDER .. sender, campaign_scope(id) } end

-- The scope whose limit holds for each that has none of its own, or nil.
local function scope_default(scope) return begins_with(scope, SENDER) and SENDERS or nil end

-- What a claim waits for is the rate of a scope.
local function is_rate(what)
  return what == ACCOUNT or begins_with(what or '', SENDER) or begins_with(what or '', CAMPAIGN)
end

-- Many campaigns share it: it is given out evenly, and the settings have a limit for it.
local function is_shared(scope) return scope == ACCOUNT or begins_with(scope, SENDERS) end
