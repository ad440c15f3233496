-- May these messages of a batch go, now, and to whom? Checks and claims in one step; the same again for the same claim tokens.
-- ARGV: id, batch, sender's token, fence, caller's clock in ms, fingerprint of the API token, frequency cap (0: none) and
--       its span in ms, the claims as msgpack, each: token (8 bytes), cost in legs or segments, cost when one member of a
--       group is left, sending number, allowed from and until (ms; 0, 0: always; -1: never), 1 if it has media, then index
--       and number of each member
-- Answers: for each claim {go, attempt, claimed ms, indexes of the members that may...} | {wait, ms, scope} | {yield, ms, scope} |
--       {skip} (nobody may) | {taken} | {done} | {halt, state} | {clock, ms apart} | {brake}
-- uses: rows, row_cache, consent, cost_ceiling, fair_share, gate, rates
local id, batch, token, fence, caller, fingerprint = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local most, span, claims = tonumber(ARGV[7]), tonumber(ARGV[8]), cmsgpack.unpack(ARGV[9])
local key = ckey(id, 'r:' .. batch)
local state, kind, ends, urgent, ceiling, doubt, asked = unpack(redis.call('HMGET', ckey(id), 'state', 'kind', 'ends_at', 'urgent', 'max_cost', 'doubt', 'asked'))
local restored, meta, refused, denied, granted, answers = redis.call('EXISTS', 'mms:restored') == 1, meta_read(key), nil, 0, 0, {}
if kind and kind ~= '' then most = 0 end

local function ask(claim, cost, alone, sender, opens, closes, media, all)
  local held = members_where(all, function(row) return row.state == 's' and string.sub(row.sid, 1, 8) == claim end)
  if #held > 0 then return go(held) end
  if state ~= 'running' then return { 'halt', state } end
  if doubt or restored then return { 'halt', 'restored' } end
  if ends and tonumber(ends) <= now then return { 'halt', 'expired' } end
  if meta.token ~= token or meta.fence ~= fence or meta.lease <= now then return { 'taken' } end
  if refused == nil then refused = token_refused(fingerprint) end
  if refused then return { 'brake' } end
  if #all > 1 then stand_back(all) end
  if #members_where(all, function(row) return row.state == 's' or row.state == 'u' end) > 0 then return { 'done' } end
  local members = members_where(all, function(row) return row.state == 'p' end)
  if #members == 0 and #members_where(all, function(row) return row.state ~= 'k' end) > 0 then return { 'done' } end
  for _, member in ipairs(members) do
    if member.row.at > 0 and member.row.at + EPOCH > now then return { 'wait', member.row.at + EPOCH - now, 'retry' } end
  end
  members = consenting(id, batch, members, kind, most, span, opens)
  if #members == 0 then return { 'skip' } end
  local wait, binds = hours_wait(id, members, opens, closes)
  if wait > 0 then return { 'wait', wait, binds } end
  cost = #members == #all and cost or #members == 1 and alone or #members
  local gate, no = gate_ask(id, members, sender, cost, money_unit(#members, tostring(media)), urgent, ceiling)
  if no then
    state, denied = no[1] == 'halt' and no[2] or state, math.max(denied, tonumber(no[2]) or 0)
    return no
  end
  gate_charge(gate, claim)
  granted = granted + 1
  local attempt = attempt_after(all)
  for _, member in ipairs(members) do
    claim_row(member, claim, attempt)
    cap_charge(id, batch, member, most, span)
  end
  return go(members)
end

rows_read(key, claims, 8, 2)
for i, claim in ipairs(claims) do
  answers[i] = math.abs(caller - now) > 5000 and { 'clock', caller - now } or ask(claim[1], claim[2], claim[3], claim[4], claim[5], claim[6], claim[7], members_of(claim, 8))
end
rows_write(id, key)
limits_write()
fair_asked(id, asked, denied)
if granted > 0 then redis.call('HINCRBY', 'mms:ticks', 'claims', granted) end -- remembered outside (claim_memory.py)
return answers
