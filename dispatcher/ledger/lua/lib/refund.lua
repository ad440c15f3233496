-- Prelude of whatever takes a claim back: one that CarrierX did not take gives back what it took of day and money; the
-- pace it cost stays spent.
-- uses: keys, daily_caps
local function refund(id, sender, cost, unit, claimed)
  if cost == 0 then return end
  days_charge(days_of(id, sender), -cost, claimed)
  if redis.call('HEXISTS', ckey(id), 'max_cost') == 1 then redis.call('HINCRBY', ckey(id), unit, -cost) end
end
