-- Puts another file in the place of a draft's or a schedule's, which lies under an id of its own. ARGV: id, the other
--   id, chunks of the file there is, chunks of the other, the schedule's `revision:made:missed` as it was read
--   (nothing: a draft), its fields as they are then, JSON (of a draft: its file's name)
-- Answers: ok | changed (read it again: it is no draft any more, or another schedule)
-- uses: keys
local id, other, old, new, seen, fields = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], ARGV[6]
if seen == '' then
  local state, chunks = unpack(redis.call('HMGET', ckey(id), 'state', 'chunks'))
  if state ~= 'draft' or tonumber(chunks) ~= old then return 'changed' end
else
  local known = cjson.decode(redis.call('HGET', 'mms:schedules', id) or '{}')
  if table.concat({ known.revision or 0, known.made or 0, known.missed or 0 }, ':') ~= seen then return 'changed' end
end
for chunk = 0, new - 1 do
  if redis.call('EXISTS', ckey(other, 'upload:' .. chunk)) == 0 then return 'changed' end
end
for chunk = 0, new - 1 do
  redis.call('RENAME', ckey(other, 'upload:' .. chunk), ckey(id, 'upload:' .. chunk))
  redis.call('PERSIST', ckey(id, 'upload:' .. chunk))
end
for chunk = new, old - 1 do redis.call('UNLINK', ckey(id, 'upload:' .. chunk)) end
if seen == '' then
  redis.call('HSET', ckey(id), 'chunks', new, 'filename', fields)
else
  redis.call('HSET', 'mms:schedules', id, fields)
end
return 'ok'
