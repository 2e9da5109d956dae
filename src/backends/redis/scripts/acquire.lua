-- Give the lock to a contender, or say who is in the way. KEYS[1]: the lock. ARGV: the owner's id; the
-- ttl and the lock delay in ms; the token and the sequence that were seen unchanged for the lock delay, or
-- nothing; '1' to grant nothing soon after a start of the server; the owner as JSON.
-- Answers {1, token} or {0, ms until another try, 1 if it is held, owner as JSON, token, sequence, ms that
-- the lease has left}.
local key, id, ttl, delay = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lock = redis.call('HMGET', key, 'owner', 'token', 'seq', 'exp', 'delay', 'info')
local owner, token, seq = lock[1], tonumber(lock[2] or '0'), lock[3]
local expires, kept = tonumber(lock[4] or '0'), tonumber(lock[5] or '0')
if not (token and expires and kept) or (not lock[2] and redis.call('EXISTS', key) == 1) then
  return redis.error_reply('FOREIGN the key holds no lock')
end
local held = owner and owner ~= ''
local left = expires - now

-- Its own request, whose answer was lost: the lease begins anew.
if held and owner == id then
  redis.call('HINCRBY', key, 'seq', 1)
  redis.call('HSET', key, 'exp', string.format('%.0f', now + ttl))
  return {1, lock[2]}
end

local wait = 0
if held then
  wait = left + kept
  if wait <= 0 and (lock[2] ~= ARGV[4] or seq ~= ARGV[5]) then wait = math.max(kept, 1) end
end
-- A server that has just started may have forgotten who was acknowledged before.
if wait <= 0 and ARGV[6] == '1' then
  local info = redis.pcall('INFO', 'server')
  local up = type(info) == 'string' and string.match(info, 'uptime_in_seconds:(-?%d+)')
  if not up then return redis.error_reply('NOINFO the time since the start is not known') end
  -- Below 0 after the clock was set back: the contender will see for itself how long it is up.
  wait = ttl + delay - 1000 * math.max(tonumber(up), 0)
end
if wait > 0 then
  return {0, wait, held and 1 or 0, lock[6] or '', lock[2] or '0', seq or '0', left}
end

-- It grows over a lost key and an old backup too, as long as the clock is not behind.
local micros = time[1] * 1000000 + time[2]
if token < micros then token = micros else token = token + 1 end
token = string.format('%.0f', token)
redis.call('HSET', key, 'owner', id, 'token', token, 'seq', '0', 'exp', string.format('%.0f', now + ttl),
  'delay', string.format('%.0f', delay), 'info', ARGV[7])
-- Who has lost it may listen.
if held then redis.call('PUBLISH', key .. ':wake', token) end
return {1, token}
