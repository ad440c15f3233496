-- Prelude of claim: the members of a message, and what stands in the rows of those that it goes to.
-- uses: now, flags, rows, row_cache, reasons, retry_policy
local function members_of(claim, first)
  local members = {}
  for i = first, #claim, 2 do
    members[#members + 1] = { index = claim[i], number = claim[i + 1], row = rows[claim[i]] }
  end
  return members
end

local function members_in(members, letter)
  local found = {}
  for _, member in ipairs(members) do
    if member.row.state == letter then found[#found + 1] = member end
  end
  return found
end

-- Those that this very claim was granted to before.
local function members_of_claim(members, claim)
  local found = {}
  for _, member in ipairs(members) do
    local row = member.row
    if row.state == 's' and string.sub(row.sid, 1, #claim) == claim then found[#found + 1] = member end
  end
  return found
end

-- Whether anybody's attempt is not over.
local function is_under_way(members)
  for _, member in ipairs(members) do
    if member.row.state == 's' or member.row.state == 'u' then return true end
  end
  return false
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

-- Members that were to be tried again wait for what becomes of another one's attempt; without a time they would be due
-- at once.
local function stand_back(members)
  if not is_under_way(members) then return end
  for _, member in ipairs(members) do
    local row = member.row
    if row.state == 'p' and row.at + EPOCH <= now then
      row.at = now + STAND_BACK_MS - EPOCH
      row_put(member.index, row)
    end
  end
end

-- Those who may be tried now as far as their rows say, or nil and the answer to the claim.
local function ready_of(all)
  if #all > 1 then stand_back(all) end
  if is_under_way(all) then return nil, { 'done' } end
  local members = members_in(all, 'p')
  if #members == 0 and #members_in(all, 'k') < #all then return nil, { 'done' } end
  for _, member in ipairs(members) do
    local later = member.row.at > 0 and member.row.at + EPOCH - now or 0
    if later > 0 then return nil, { 'wait', later, 'retry' } end
  end
  return members
end

-- One attempt of a message after another has a number of its own, whichever members it goes to.
local function attempt_after(all)
  local latest = 0
  for _, member in ipairs(all) do latest = math.max(latest, member.row.attempt) end
  return math.min(latest + 1, MOST_ATTEMPTS)
end

local function claim_row(member, claim, attempt)
  local row = member.row
  move(row, 's')
  row.attempt, row.claimed, row.at, row.final = attempt, now - EPOCH, 0, 0
  row.sid = claimed_sid(claim)
  row.reason = 0 -- what was heard and looked for belongs to an earlier attempt, as all flags but one do (forbidden.lua)
  row.flags = bit_has(row.flags, FORBIDDEN) and FORBIDDEN or 0
  row_put(member.index, row)
end

local function claim_rows(members, claim, attempt)
  for _, member in ipairs(members) do claim_row(member, claim, attempt) end
end
