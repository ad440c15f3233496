-- May these messages of a batch go, now, and to whom? Checks and claims in one step; the same again for the same claim
-- tokens.
-- ARGV: id, batch, sender's token, fence, caller's clock in ms, fingerprint of the API token, frequency cap (0: none)
--       and its span in ms, the claims as msgpack, each: token (8 bytes), cost in legs or segments, cost when one
--       member of a group is left, sending number, allowed from and until (ms; 0, 0: always; -1: never), 1 if it has
--       media, then index and number of each member
-- Answers: for each claim {go, attempt, claimed ms, indexes of the members that may...} | {wait, ms, scope} | {yield,
--       ms, scope} | {skip} (nobody may) | {taken} | {done} | {halt, state} | {clock, ms apart} | {brake}
-- uses: now, keys, row_cache, batch_lease, consent, cost_ceiling, fair_share, gate, halts, members, rates, retry_policy
local id, batch, token, fence = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local caller, fingerprint, cap, span = tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local claims, key, answers = cmsgpack.unpack(ARGV[9]), ckey(id, 'r:' .. batch), {}
local state, kind, ends, urgent, ceiling, doubt, asked = unpack(redis.call('HMGET', ckey(id),
  'state', 'kind', 'ends_at', 'urgent', 'max_cost', 'doubt', 'asked'))
local meta, refused, denied, granted = meta_read(key), nil, 0, 0
if kind and kind ~= '' then cap = 0 end

-- Why nothing of this batch goes by this sender, or nil.
local function stopped()
  local halt = halted_by(state, doubt, ends)
  if halt then return halt end
  if meta.token ~= token or meta.fence ~= fence or meta.lease <= now then return { 'taken' } end
  if refused == nil then refused = token_refused(fingerprint) end
  return refused and { 'brake' } or nil
end

local function ask(all, claim, cost, alone, sender, opens, closes, media)
  local held = members_of_claim(all, claim)
  if #held > 0 then return go(held) end
  local no, members, gate = stopped(), nil, nil
  if no then return no end
  members, no = ready_of(all)
  if no then return no end
  members = consenting(id, batch, members, kind, cap, span, opens)
  if #members == 0 then return { 'skip' } end
  local wait, binds = hours_wait(id, members, opens, closes)
  if wait > 0 then return { 'wait', wait, binds } end
  cost = #members == #all and cost or #members == 1 and alone or #members
  gate, no = gate_ask(id, members, sender, cost, money_unit(#members, tostring(media)), urgent, ceiling)
  if no then
    state, denied = no[1] == 'halt' and no[2] or state, math.max(denied, tonumber(no[2]) or 0)
    return no
  end
  gate_charge(gate, claim)
  granted = granted + 1
  claim_rows(members, claim, attempt_after(all))
  cap_charge(id, batch, members, cap, span)
  return go(members)
end

rows_read(key, claims, 8, 2)
local clock = math.abs(caller - now) > CLOCK_TOLERANCE_MS and { 'clock', caller - now }
for i, claim in ipairs(claims) do
  answers[i] = clock or ask(members_of(claim, 8), unpack(claim, 1, 7))
end
rows_write(id, key)
limits_write()
fair_asked(id, key, asked, granted, denied)
if granted > 0 then redis.call('HINCRBY', 'mms:ticks', 'claims', granted) end -- remembered outside (_claim_memory.py)
return answers
