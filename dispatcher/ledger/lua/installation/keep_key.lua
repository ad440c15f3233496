-- Brings a key of the installation up to date. One that is given and not known becomes the one in use, and what was in
-- use is an earlier one from now on. An earlier one that is given, by a process that has the old setting still, stays
-- one, and counts from now on.
-- ARGV: field of the key, field of the earlier ones, the key that is given (nothing: none is), the one to be used if
--   there is none yet, seconds for which an earlier one counts
-- Answers: the key in use, the earlier ones as JSON: pairs of key and seconds since 1970
-- uses: now
local MS_A_SECOND = 1000
local name, before, given, made, life = unpack(ARGV)
local INSTALL, seconds = 'mms:install', math.floor(now / MS_A_SECOND)
local current = redis.call('HGET', INSTALL, name)
local written = redis.call('HGET', INSTALL, before)
local earlier, known = {}, given == '' or given == current
for _, pair in ipairs(cjson.decode(written or '[]')) do
  if pair[1] == given and given ~= current then
    known = true
    earlier[#earlier + 1] = { given, seconds }
  elseif pair[1] ~= current and pair[2] > seconds - tonumber(life) then
    earlier[#earlier + 1] = { pair[1], math.floor(pair[2]) }
  end
end
if not current or not known then
  if current then table.insert(earlier, 1, { current, seconds }) end
  current = given ~= '' and given or made
  redis.call('HSET', INSTALL, name, current)
end
local text = #earlier > 0 and cjson.encode(earlier) or '[]'
if text ~= (written or '[]') then redis.call('HSET', INSTALL, before, text) end
return { current, text }
