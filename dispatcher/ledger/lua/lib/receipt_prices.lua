-- Prelude of apply: a receipt tells a price.
-- uses: prices, receipt_rows

-- A message's price counts once, whichever of its rows it came with, and is for those only whom this attempt went to.
-- `receipt` names the rows of a group from the 16th on.
local function money_heard(key, row, price, unit, units, receipt)
  local counted, members = row.price ~= '', 0
  for i = 16, row.price == '' and #receipt or 0 do
    local each = row_of(key, receipt[i])
    if each.attempt == row.attempt then members, counted = members + 1, counted or each.price ~= '' end
  end
  if row.price ~= '' or not counted then money_confirm(unit, members > 0 and members or units, price, row.price) end
  row.price = price
end
