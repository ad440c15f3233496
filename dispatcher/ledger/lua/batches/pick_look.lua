-- Picks a batch that is due to be asked about or looked for, and keeps others from it for a while. Every campaign with
-- such a batch has the same chance, however many it has. ARGV: care | search, ms until others may pick it, a number
--       from 0 below 1
-- Answers: campaign and batch, or nothing
-- uses: now, keys, agenda
local MOST_ERASED = 1000 -- entries of batches that are gone; so many are taken out at once
local which, lease, chance = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local all = 'mms:' .. which
for _ = 1, MOST_ERASED do
  local due = redis.call('ZCOUNT', all, '-inf', now)
  if due == 0 then break end
  local id = redis.call('ZRANGEBYSCORE', all, '-inf', now, 'LIMIT', math.floor(due * chance), 1)[1]
  local batch = redis.call('ZRANGEBYSCORE', ckey(id, which), '-inf', now, 'LIMIT', 0, 1)[1]
  if batch and redis.call('EXISTS', ckey(id, 'r:' .. batch)) == 1 then
    schedule(id, which, batch, now + lease)
    return { id, batch }
  end
  schedule(id, which, batch or '', 0) -- erased meanwhile
end
return {}
