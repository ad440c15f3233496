-- Forgets the names under which dead processes read the stream of callbacks, and what older versions noted as in their
-- hands: an entry that nobody finished is found in the stream. ARGV: name of the group, ms of silence
-- Answers: how many there were
if redis.call('EXISTS', 'mms:callbacks') == 0 then return 0 end
local forgotten = 0
for _, group in ipairs(redis.call('XINFO', 'GROUPS', 'mms:callbacks')) do
  if group[2] == ARGV[1] then
    for _, fields in ipairs(redis.call('XINFO', 'CONSUMERS', 'mms:callbacks', ARGV[1])) do
      local consumer = {}
      for i = 1, #fields, 2 do consumer[fields[i]] = fields[i + 1] end
      if consumer.idle >= tonumber(ARGV[2]) then
        redis.call('XGROUP', 'DELCONSUMER', 'mms:callbacks', ARGV[1], consumer.name)
        forgotten = forgotten + 1
      end
    end
  end
end
return forgotten
