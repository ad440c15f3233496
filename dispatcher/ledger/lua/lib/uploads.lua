-- Prelude of whatever is done with a campaign's file: the file and what was found about its media are forgotten. They
-- are in batches, or will never be.
-- uses: keys
local function upload_drop(id)
  redis.call('UNLINK', ckey(id, 'media'))
  for chunk = 0, tonumber(redis.call('HGET', ckey(id), 'chunks') or 0) - 1 do
    redis.call('UNLINK', ckey(id, 'upload:' .. chunk))
  end
end
