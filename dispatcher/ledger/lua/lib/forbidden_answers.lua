-- Prelude of record: what an answer tells about a 403 (forbidden.lua).
-- uses: now, forbidden, retry_policy

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

-- This message was answered so. `before`: not for the first time. `account`: the token's fingerprint and the reason, if
-- it is the account's. Answers ms until it is tried again, or nil: it is refused.
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
  if is_probe and (others >= FORBIDDEN_OTHERS or (tries > 1 and others > 1)) then
    redis.call('HSET', 'mms:brake', 'reason', reason, 'fingerprint', fingerprint, 'at', now)
    redis.call('HSET', 'mms:refused', fingerprint, now)
    forbidden_write('braked', 1)
  elseif tries >= FORBIDDEN_TRIES and others == 1 then
    return nil
  end
  local wait = tries > 1 and FORBIDDEN_AGAIN_MS or FORBIDDEN_FIRST_MS
  forbidden_write('again', now + wait)
  return wait
end
