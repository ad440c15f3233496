-- Prelude of claim and record: a 403 speaks of one message or of the whole account, and only another message can tell.
-- `mms:forbidden` is there from the first 403 until a message is accepted, or for an hour without another one.
-- Meanwhile one message at a time goes, and those that were answered so stand back. Fields: since, again (ms until
-- which they stand back), probe (claim token) and probe_until, braked (it was the account), account (reason), and
-- `m:id.batch.message` → how often it was answered so.
-- uses: now, flags, row_cache, retry_policy
local forbidden_known

local function forbidden()
  if not forbidden_known then
    local since, again, probe, till, braked = unpack(redis.call('HMGET', 'mms:forbidden',
      'since', 'again', 'probe', 'probe_until', 'braked'))
    forbidden_known = { open = since and true, again = tonumber(again or 0), probe = probe,
                        till = tonumber(till or 0), braked = braked }
  end
  return forbidden_known
end

local function forbidden_write(...)
  redis.call('HSET', 'mms:forbidden', ...)
  redis.call('PEXPIRE', 'mms:forbidden', FORBIDDEN_KEPT_MS)
  forbidden_known = nil
end

-- Before a claim is charged: nil, or the answer that keeps it waiting.
local function forbidden_wait(members)
  local doubt = forbidden()
  if not doubt.open then return nil end
  if doubt.braked then -- with another token the question is asked anew, and not of those that it began with
    redis.call('DEL', 'mms:forbidden')
    forbidden_write('since', now, 'again', now + FORBIDDEN_AGAIN_MS)
    doubt = forbidden()
  end
  local was_so = false
  for _, member in ipairs(members) do was_so = was_so or bit_has(member.row.flags, FORBIDDEN) end
  if was_so and doubt.again > now then
    for _, member in ipairs(members) do
      member.row.at = doubt.again - EPOCH
      row_put(member.index, member.row)
    end
    return { 'wait', doubt.again - now, 'retry' }
  end
  return doubt.till > now and { 'wait', math.min(doubt.till - now, FORBIDDEN_STEP_MS), 'forbidden' } or nil
end

local function forbidden_claimed(claim)
  if forbidden().open then forbidden_write('probe', claim, 'probe_until', now + PROBE_MS) end
end
