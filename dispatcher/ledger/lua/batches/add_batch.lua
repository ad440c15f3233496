-- Adds the next batch and moves the reading's cursor in the same step; a batch that is there already changes nothing.
-- ARGV: id, batch, packed batch, counts (12 bytes), messages in it, marks of its rows (200 bytes), rows read so far,
--       reader's token, its lease in ms
-- Answers: ok | have (added before) | lost (another reads now, or the campaign left `checking`); an error while the one
--          before it is missing, which it would hide
-- uses: now, keys, rows, batch_lease, reading
local id, batch, packed, counts, messages, marks, rows_read, token, lease = unpack(ARGV)
if not is_reader(id, token) then return 'lost' end
local next_batch = tonumber(redis.call('HGET', ckey(id), 'batches'))
if tonumber(batch) > next_batch then return redis.error_reply('ERR a batch before this one is missing') end
local is_there = tonumber(batch) < next_batch
-- Before any other write: past its first one a full Redis lets a script go on.
if not is_there then redis.call('SET', ckey(id, 'b:' .. batch), packed) end
redis.call('PEXPIRE', ckey(id, 'expanding'), lease)
if is_there then return 'have' end
local key = ckey(id, 'r:' .. batch)
redis.call('SETRANGE', ckey(id, 'marks'), batch * #marks, marks)
redis.call('HSET', key, 'n', counts)
meta_write(key, { fence = 0, lease = 0, due = 0, looks = 0, token = NO_TOKEN })
for i = 1, #LETTERS do
  local by = string.byte(counts, i)
  if by > 0 then redis.call('HINCRBY', ckey(id, 'counts'), string.sub(LETTERS, i, i), by) end
end
if string.byte(counts, 1) > 0 then redis.call('ZADD', ckey(id, 'due'), now, batch) end
redis.call('HSET', ckey(id), 'batches', batch + 1, 'rows_read', rows_read)
redis.call('HINCRBY', ckey(id), 'messages', messages)
redis.call('HDEL', ckey(id), 'readers') -- something new was read
return 'ok'
