-- Prelude of apply: a receipt of an attempt that this ledger never claimed, since it was put back from an older copy.
-- Day and money count it as the claim of that time did: a leg for each row of an MMS, the segments of an SMS.
-- uses: now, keys, daily_caps
local function forgotten_charge(id, sender, unit, units, went)
  local cost = unit == 'legs' and 1 or units
  days_charge(days_of(id, sender), cost, went > 0 and went or now)
  if redis.call('HEXISTS', ckey(id), 'max_cost') == 1 then redis.call('HINCRBY', ckey(id), unit, cost) end
end
