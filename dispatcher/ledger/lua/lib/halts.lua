-- Prelude of take and claim: why nothing of a campaign goes, whatever it is; nil if it goes.
-- uses: now
local is_put_back -- looked up once in a run of the script
local function halted_by(state, doubt, ends)
  if state ~= 'running' then return { 'halt', state or 'gone' } end
  if is_put_back == nil then is_put_back = redis.call('EXISTS', 'mms:restored') == 1 end
  if doubt or is_put_back then return { 'halt', 'restored' } end
  if ends and tonumber(ends) <= now then return { 'halt', 'expired' } end
end
