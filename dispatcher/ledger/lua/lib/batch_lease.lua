-- Prelude of whatever hands a batch over: who has it and until when (ms), its fence, when it is due, and how often it
-- was looked for. It stands in the hash of its rows.
local META = '<I4I6I6Bc8'
local LOOKS = 256 -- are counted in one byte
local NO_TOKEN = string.rep('\0', 8)

local function meta_read(key)
  local value = redis.call('HGET', key, 'm')
  if not value then return { fence = 0, lease = 0, due = 0, looks = 0, token = '' } end -- the campaign was erased
  local fence, lease, due, looks, token = struct.unpack(META, value)
  return { fence = fence, lease = lease, due = due, looks = looks, token = token }
end

local function meta_write(key, meta)
  redis.call('HSET', key, 'm', struct.pack(META, meta.fence, meta.lease, meta.due, meta.looks, meta.token))
end
