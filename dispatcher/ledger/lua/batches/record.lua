-- What became of claims of a batch. A claim's token alone is enough, lease or no lease: it is proof. Safe to repeat.
-- ARGV: id, batch, the records as msgpack, each: message, claim token, outcome, letter of CarrierX's word, sid (16
--       bytes), sid as text if no UUID, sid hash (10 bytes), refusal text, wait in ms, price, cost and unit (legs or
--       segments) of the claim, its sender, its health (api_answers.lua), account (forbidden.lua), then the members'
--       row indexes
-- Outcomes: accepted | refused | later (pending again after the wait) | forbidden (refused or later) | unknown
-- Answers: for each ok | known (recorded before, or a receipt was faster) | gone (somebody else decided)
-- uses: now, keys, flags, row_cache, api_answers, brakes, forbidden_answers, outcomes, prices, refund, sids
local id, batch, records = ARGV[1], ARGV[2], cmsgpack.unpack(ARGV[3])
local key, answered, bad, health_known = ckey(id, 'r:' .. batch), 0, 0, nil

local function record(one)
  local message, claim, outcome, word = unpack(one, 1, 4)
  local sid = { bytes = one[5], text = one[6], hash = one[7] }
  local text, wait, price, cost, unit, sender, health, account = unpack(one, 8, 15)
  local answer, claimed = 'gone', 0
  local counted = false -- a price: by a receipt that was faster, or when this was recorded before
  if outcome == 'forbidden' then outcome, wait = forbidden_as(id, batch, one, claim, account) end
  for i = 16, #one do
    local row = rows[one[i]]
    if is_held(row, claim) and outcome == 'unknown' and bit_has(row.flags, TOLD) then
      answer = answer == 'ok' and 'ok' or 'known'
    elseif is_held(row, claim) then
      answer, claimed = 'ok', row.claimed + EPOCH
      if outcome == 'accepted' then
        accepted_row(row, word, sid, price, #one == 16)
      elseif outcome == 'refused' then
        refused_row(id, row, text)
      elseif outcome == 'later' then
        later_row(id, row, text, wait)
      else
        unknown_row(id, batch, row, text, wait)
      end
      row_put(one[i], row)
      bad = bad + (outcome == 'refused' and 1 or 0)
      answered = answered + ((outcome == 'accepted' or outcome == 'refused') and 1 or 0)
    elseif outcome == 'accepted' and row.sid == sid.bytes then
      answer, counted = answer == 'ok' and 'ok' or 'known', counted or row.price ~= ''
      row.at, row.price = row.at > 0 and row.at or now - EPOCH, row.price ~= '' and row.price or price
      row_put(one[i], row)
    end
  end
  if answer ~= 'gone' then forbidden_heard(claim, outcome) end
  if outcome == 'accepted' and answer ~= 'gone' and not counted then money_confirm(unit, cost, price, '') end
  if answer ~= 'ok' then return answer end
  if outcome == 'later' or outcome == 'refused' then refund(id, sender, cost, unit, claimed) end
  if health ~= 'a' or health_known ~= 'a' then health_count(id, health) end
  health_known = health
  if outcome == 'accepted' then sid_learn(id, batch, message, sid, sid.hash) end
  return answer
end

rows_read(key, records, 16, 1)
local answers = {}
for i, one in ipairs(records) do answers[i] = record(one) end
money_write(id)
outcomes_count(id, answered, bad)
rows_write(id, key)
due_by_itself(id, batch, key)
return answers
