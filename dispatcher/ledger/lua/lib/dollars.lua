-- Prelude of whatever counts money: in millionths of a dollar.
local DOLLAR = 1000000

-- What CarrierX wrote, or nil where it is no price.
local function money_of(text)
  return string.match(text, '^%d+%.?%d*$') and math.floor(text * DOLLAR + 0.5)
end
