-- Prelude of claim: which members of a message may have it, and when. A campaign's kind is '' for what a person sends,
-- `answer` for what we answer by ourselves (no cap), `confirmation` for the one word after a STOP (no suppression
-- either).
-- uses: now, row_cache, members, reasons, retry_policy, suppression
local function cap_name(id, batch, member) return id .. '.' .. batch .. '.' .. member.index end

-- At most `cap` messages to a number within `span` ms, over all campaigns; this one's own entry does not count.
local function is_capped(id, batch, member, cap, span)
  if cap == 0 then return false end
  local key = 'mms:cap:' .. member.number
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - span)
  local own = redis.call('ZSCORE', key, cap_name(id, batch, member)) and 1 or 0
  return redis.call('ZCARD', key) - own >= cap
end

local function cap_charge(id, batch, members, cap, span)
  if cap == 0 then return end
  for _, member in ipairs(members) do
    redis.call('ZADD', 'mms:cap:' .. member.number, now, cap_name(id, batch, member))
    redis.call('PEXPIRE', 'mms:cap:' .. member.number, span)
  end
end

-- Those who may have it; who opted out or had enough is skipped here, and all when `opens` says that hours never come.
-- Who has to wait for hours may not have had enough by then.
local function consenting(id, batch, members, kind, cap, span, opens)
  local kept = {}
  for _, member in ipairs(members) do
    if opens < 0 then
      skip(id, member, 'no_common_hours')
    elseif kind ~= 'confirmation' and optout_is(member.number) then
      skip(id, member, 'opted_out')
    elseif opens <= now and is_capped(id, batch, member, cap, span) then
      skip(id, member, 'capped')
    else
      kept[#kept + 1] = member
    end
  end
  return kept
end

-- ms to wait for allowed hours, and why. Rows keep the time when theirs open; a window that closed since the caller
-- looked is asked for again.
local function hours_wait(id, members, opens, closes)
  if closes == 0 or (opens <= now and now < closes) then return 0 end
  if opens <= now then return CLOSING_MS, 'closing' end
  for _, member in ipairs(members) do
    member.row.at, member.row.reason = opens - EPOCH, reason_of(id, 'outside allowed hours')
    row_put(member.index, member.row)
  end
  return opens - now, 'hours'
end
