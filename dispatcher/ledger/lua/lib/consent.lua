-- Prelude of claim: which members of a message may have it, and when. A campaign's kind is '' for what a person sends,
-- `answer` for what we answer by ourselves (no cap), `confirmation` for the one word after a STOP (no suppression either).
-- uses: rows, row_cache, forbidden, suppression
local function members_of(claim, first)
  local members = {}
  for i = first, #claim, 2 do members[#members + 1] = { index = claim[i], number = claim[i + 1], row = rows[claim[i]] } end
  return members
end

local function members_where(members, holds)
  local found = {}
  for _, member in ipairs(members) do
    if holds(member.row) then found[#found + 1] = member end
  end
  return found
end

-- The answer to a claim that is granted to these.
local function go(members)
  local answer = { 'go', members[1].row.attempt, members[1].row.claimed + EPOCH }
  for _, member in ipairs(members) do answer[#answer + 1] = tonumber(member.index) end
  return answer
end

local function skip(id, member, why)
  local row = member.row
  move(row, 'k')
  row.at, row.final, row.reason = 0, now - EPOCH, reason_of(id, why)
  row_put(member.index, row)
end

local function cap_name(id, batch, member) return id .. '.' .. batch .. '.' .. member.index end

-- At most `cap` messages to a number within `span` ms, over all campaigns; this one's own entry does not count.
local function is_capped(id, batch, member, cap, span)
  if cap == 0 then return false end
  local key = 'mms:cap:' .. member.number
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - span)
  local own = redis.call('ZSCORE', key, cap_name(id, batch, member)) and 1 or 0
  return redis.call('ZCARD', key) - own >= cap
end

local function cap_charge(id, batch, member, cap, span)
  if cap == 0 then return end
  redis.call('ZADD', 'mms:cap:' .. member.number, now, cap_name(id, batch, member))
  redis.call('PEXPIRE', 'mms:cap:' .. member.number, span)
end

-- Those who may have it; who opted out or had enough is skipped here, and all when `opens` says that hours never come. Who
-- has to wait for hours may not have had enough by then.
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
  if opens <= now then return 1000, 'closing' end
  for _, member in ipairs(members) do
    member.row.at, member.row.reason = opens - EPOCH, reason_of(id, 'outside allowed hours')
    row_put(member.index, member.row)
  end
  return opens - now, 'hours'
end

-- Members that were to be tried again wait for what becomes of another one's attempt; without a time they would be due at once.
local function stand_back(members)
  if #members_where(members, function(row) return row.state == 's' or row.state == 'u' end) == 0 then return end
  for _, member in ipairs(members) do
    local row = member.row
    if row.state == 'p' and row.at + EPOCH <= now then
      row.at = now + 10000 - EPOCH
      row_put(member.index, row)
    end
  end
end

-- One attempt of a message after another has a number of its own, whichever members it goes to.
local function attempt_after(all)
  local latest = 0
  for _, member in ipairs(all) do latest = math.max(latest, member.row.attempt) end
  return math.min(latest + 1, 255)
end

local function claim_row(member, claim, attempt)
  local row = member.row
  move(row, 's')
  row.attempt, row.claimed, row.at, row.final = attempt, now - EPOCH, 0, 0
  row.sid = claim .. string.sub(NONE, 1, 8)
  row.reason = 0 -- what was heard and looked for belongs to an earlier attempt, as all flags but one do (forbidden.lua)
  row.flags = bit_has(row.flags, FORBIDDEN) and FORBIDDEN or 0
  row_put(member.index, row)
end
