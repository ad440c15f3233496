-- Prelude of claim and record: a 403 speaks of one message or of the whole account, and only another message can tell.
-- `mms:forbidden` is there from the first 403 until a message is accepted, or for an hour without another one. Meanwhile one message at a time goes, and those
-- that were answered so stand back. Fields: since, again (ms until which they stand back), probe (claim token) and
-- probe_until, braked (it was the account), account (reason), and `m:id.batch.message` → how often it was answered so.
-- uses: rows, row_cache
local FORBIDDEN = 128 -- a row's flag: this message was answered so before
local STAND_BACK, LAST_WAIT = 2000, 10000
local LIFE = 3600000 -- ms: what was answered so longer ago says nothing about today
local TRIES, OTHERS = 3, 3 -- of a message that nobody can be compared with; different messages that show it is the account
local forbidden_known

local function forbidden()
  if not forbidden_known then
    local since, again, probe, till, braked = unpack(redis.call('HMGET', 'mms:forbidden', 'since', 'again', 'probe', 'probe_until', 'braked'))
    forbidden_known = { open = since and true, again = tonumber(again or 0), probe = probe, till = tonumber(till or 0), braked = braked }
  end
  return forbidden_known
end

local function forbidden_write(...)
  redis.call('HSET', 'mms:forbidden', ...)
  redis.call('PEXPIRE', 'mms:forbidden', LIFE)
  forbidden_known = nil
end

-- Before a claim is charged: nil, or the answer that keeps it waiting.
local function forbidden_wait(members)
  local doubt = forbidden()
  if not doubt.open then return nil end
  if doubt.braked then -- with another token the question is asked anew, and not of those that it began with
    redis.call('DEL', 'mms:forbidden')
    forbidden_write('since', now, 'again', now + LAST_WAIT)
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
  return doubt.till > now and { 'wait', math.min(doubt.till - now, 250), 'forbidden' } or nil
end

local function forbidden_claimed(claim)
  if forbidden().open then forbidden_write('probe', claim, 'probe_until', now + 65000) end
end

-- An outcome of any message was recorded: an accepted one ends the question, a probe's lets the next one go.
local function forbidden_heard(claim, outcome)
  local doubt = forbidden()
  if not doubt.open then return end
  if outcome == 'accepted' then
    redis.call('DEL', 'mms:forbidden')
    forbidden_known = nil
  elseif doubt.probe == claim then
    forbidden_write('probe_until', 0, 'probe', '')
  end
end

-- This message was answered so. `before`: not for the first time. `account`: the token's fingerprint and the reason, if it is
-- the account's. Answers ms until it is tried again, or nil: it is refused.
local function forbidden_of(name, claim, before, account)
  local doubt = forbidden()
  if before and not doubt.open then return nil end -- others were accepted since
  local is_probe = doubt.open and doubt.probe == claim
  local tries = redis.call('HINCRBY', 'mms:forbidden', 'm:' .. name, 1)
  forbidden_write('since', redis.call('HGET', 'mms:forbidden', 'since') or now)
  local others = 0
  for _, field in ipairs(redis.call('HKEYS', 'mms:forbidden')) do
    if string.sub(field, 1, 2) == 'm:' then others = others + 1 end
  end
  local fingerprint, reason = string.match(account, '^(%S*) (.*)$')
  if is_probe and (others >= OTHERS or (tries > 1 and others > 1)) then
    redis.call('HSET', 'mms:brake', 'reason', reason, 'fingerprint', fingerprint, 'at', now)
    redis.call('HSET', 'mms:refused', fingerprint, now)
    forbidden_write('braked', 1)
  elseif tries >= TRIES and others == 1 then
    return nil
  end
  local wait = tries > 1 and LAST_WAIT or STAND_BACK
  forbidden_write('again', now + wait)
  return wait
end
