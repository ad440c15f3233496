-- Prelude of claim: every limit of one message, asked in one place and charged in one place, so that a claim which one
-- of them denies costs the others nothing.
-- uses: clock, now, api_health, cost_ceiling, daily_caps, fair_share, forbidden, pause, rates, scopes
local gate_shut = {} -- by number: what a limit answered to one of its messages; those behind it get the same
local function gate_ask(id, members, sender, cost, unit, urgent, ceiling)
  if gate_shut[sender] then return nil, gate_shut[sender] end
  local gate = { id = id, cost = cost, unit = unit, urgent = urgent, ceiling = ceiling,
                 limits = limits_of(id, sender), days = days_of(id, sender), time_us = now_us() }
  local wait, probe = api_wait()
  if wait > 0 then return nil, { 'wait', wait, 'carrierx' } end
  local stands_back = forbidden_wait(members)
  if stands_back then return nil, stands_back end
  local binds
  wait, binds = days_wait(gate.days, cost)
  if wait == 0 then wait, binds = limits_wait(gate.limits, gate.time_us) end
  fair_unwant(id, urgent, gate.limits.shared)
  local word = wait > 0 and 'wait' or 'yield'
  if wait == 0 then wait, binds = fair_yield(id, urgent, gate.limits.shared) end
  if wait == 0 then wait, binds = fair_out_of_turn(id, urgent, gate.limits.shared, gate.time_us) end
  if wait > 0 then
    for _, limit in ipairs(gate.limits.shared) do
      if limit.scope == binds then wait = fair_want(id, urgent, limit, wait) end
    end
    local no = { word, wait, binds }
    if is_rate(binds) then gate_shut[sender] = no end
    return nil, no
  end
  wait = money_wait(id, ceiling, unit, cost)
  if wait > 0 then return nil, { 'wait', wait, 'price' } end
  local lacks = money_lacks(id, ceiling, unit, cost)
  if lacks then
    pause(id, lacks)
    return nil, { 'halt', 'paused' }
  end
  gate.probe = probe
  return gate
end

local function gate_charge(gate, claim)
  if gate.probe then api_probe() end
  forbidden_claimed(claim)
  fair_serve(gate.id, gate.urgent, gate.limits.shared, gate.cost)
  limits_charge(gate.limits, gate.cost)
  days_charge(gate.days, gate.cost, now)
  money_reserve(gate.id, gate.ceiling, gate.unit, gate.cost)
end

-- A refused token claims nothing, however many were refused; the first claim with another one lifts the brake for all.
local function token_refused(fingerprint)
  local braked = redis.call('HGET', 'mms:brake', 'fingerprint')
  if braked == fingerprint or redis.call('HEXISTS', 'mms:refused', fingerprint) == 1 then return true end
  if braked then redis.call('DEL', 'mms:brake') end
  return false
end
