-- Stores callbacks that lay in a spool, in their order, and how far that spool is drained: what is in already is passed
-- over, so that a spool drained again, by whomever, puts nothing in twice. ARGV: the spool's id, days for which its
-- place is remembered in seconds, and for each callback its raw body, ms of its receipt, the number that it opts out
--       (empty: none; `?`: it cannot be read), the source, where it ends in the spool
-- Answers: how many were put in
-- uses: callbacks
local key, life, stored = 'mms:spool:' .. ARGV[1], ARGV[2], 0
local place = tonumber(redis.call('GET', key) or 0)
for i = 3, #ARGV, 5 do
  local raw, at, number, source, ends = unpack(ARGV, i, i + 4)
  if tonumber(ends) > place then
    if number == '?' then
      dead_letter(raw, at)
    else
      callback_store(raw, at, number, source, tonumber(at))
    end
    redis.call('SET', key, ends, 'EX', life)
    stored = stored + 1
  end
end
return stored
