-- May this message go, now? Checks and claims in one step; the same again for the same claim token.
-- ARGV: id, batch, sender's token, fence, claim token (8 bytes), caller's clock in ms, cost in legs or segments,
--       sending number, fingerprint of the API token, member row indexes...
-- Answers: {go, attempt, claimed ms} | {wait, ms, scope} | {taken} | {done} | {halt, state} | {clock, ms apart} | {brake}
local id, batch, token, fence, claim = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local caller, cost, sender, fingerprint = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8], ARGV[9]
local key, members, rows = ckey(id, 'r:' .. batch), { unpack(ARGV, 10) }, {}
if math.abs(caller - now) > 5000 then return { 'clock', caller - now } end
for i, index in ipairs(members) do rows[i] = row_read(key, index) end
if rows[1].state == 's' and string.sub(rows[1].sid, 1, 8) == claim then return { 'go', rows[1].attempt, rows[1].claimed + EPOCH } end
local state = redis.call('HGET', ckey(id), 'state')
if state ~= 'running' then return { 'halt', state } end
local meta = meta_read(key)
if meta.token ~= token or meta.fence ~= fence or meta.lease <= now then return { 'taken' } end
if redis.call('HGET', 'mms:brake', 'fingerprint') == fingerprint then return { 'brake' } end
for _, row in ipairs(rows) do
  if row.state ~= 'p' then return { 'done' } end
  if row.at + EPOCH > now and row.at > 0 then return { 'wait', row.at + EPOCH - now, 'retry' } end
end
local limits = { limit_of('account'), limit_of('sender:' .. sender, 'sender'), limit_of('campaign:' .. id) }
local time_us = now_us()
local wait, binds = limits_wait(limits, time_us)
if wait > 0 then return { 'wait', wait, binds } end
limits_charge(limits, cost, time_us)
for i, index in ipairs(members) do
  local row = rows[i]
  move(row, 's')
  row.attempt, row.claimed, row.at, row.final, row.sid = math.min(row.attempt + 1, 255), now - EPOCH, 0, 0, claim .. string.sub(NONE, 1, 8)
  row.flags, row.reason = 0, 0 -- what was heard and looked for belongs to an earlier attempt
  row_write(key, index, row)
end
moves_write(id, key)
return { 'go', rows[1].attempt, now }
