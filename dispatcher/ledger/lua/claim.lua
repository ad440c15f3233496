-- May this message go, now, and to whom? Checks and claims in one step; the same again for the same claim token.
-- ARGV: id, batch, sender's token, fence, claim token (8 bytes), caller's clock in ms, cost in legs or segments, cost when
--       one member of a group is left, sending number, fingerprint of the API token, allowed from and until (ms; 0, 0:
--       always; -1: never), frequency cap (0: none) and its span in ms, 1 if it has media, then index and number of each member
-- Answers: {go, attempt, claimed ms, indexes of the members that may...} | {wait, ms, scope} | {yield, ms, scope} |
--       {skip} (nobody may) | {taken} | {done} | {halt, state} | {clock, ms apart} | {brake}
local id, batch, token, fence, claim = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local caller, cost, alone, sender, fingerprint = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9], ARGV[10]
local opens, closes, cap, span = tonumber(ARGV[11]), tonumber(ARGV[12]), tonumber(ARGV[13]), tonumber(ARGV[14])
local key = ckey(id, 'r:' .. batch)
if math.abs(caller - now) > 5000 then return { 'clock', caller - now } end
local all = members_read(key, 16)
local held = members_where(all, function(row) return row.state == 's' and string.sub(row.sid, 1, 8) == claim end)
if #held > 0 then return go(held) end
local state, kind, ends, urgent, ceiling, doubt = unpack(redis.call('HMGET', ckey(id), 'state', 'kind', 'ends_at', 'urgent', 'max_cost', 'doubt'))
if state ~= 'running' then return { 'halt', state } end
if doubt or redis.call('EXISTS', 'mms:restored') == 1 then return { 'halt', 'restored' } end
if ends and tonumber(ends) <= now then return { 'halt', 'expired' } end
local meta = meta_read(key)
if meta.token ~= token or meta.fence ~= fence or meta.lease <= now then return { 'taken' } end
if token_refused(fingerprint) then return { 'brake' } end
if #members_where(all, function(row) return row.state == 's' or row.state == 'u' end) > 0 then return { 'done' } end
local members = members_where(all, function(row) return row.state == 'p' end)
if #members == 0 and #members_where(all, function(row) return row.state ~= 'k' end) > 0 then return { 'done' } end
for _, member in ipairs(members) do
  if member.row.at > 0 and member.row.at + EPOCH > now then return { 'wait', member.row.at + EPOCH - now, 'retry' } end
end
if kind and kind ~= '' then cap = 0 end
members = consenting(id, batch, key, members, kind, cap, span, opens)
moves_write(id, key)
if #members == 0 then return { 'skip' } end
local wait, binds = hours_wait(id, key, members, opens, closes)
if wait > 0 then return { 'wait', wait, binds } end
cost = #members == #all and cost or #members == 1 and alone or #members
local gate, no = gate_ask(id, sender, cost, money_unit(#members, ARGV[15]), urgent, ceiling)
if no then return no end
gate_charge(gate)
for _, member in ipairs(members) do
  claim_row(key, member, claim)
  cap_charge(id, batch, member, cap, span)
end
moves_write(id, key)
return go(members)
