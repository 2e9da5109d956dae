-- Free the lock whoever holds it, and remember who did. KEYS: the lock, the list of such releases.
-- ARGV: who did it as JSON, the reason. Answers the owner that it had, as JSON; '' if it was free.
local time = redis.call('TIME')
local lock = redis.call('HMGET', KEYS[1], 'owner', 'token', 'info')
local token = tonumber(lock[2] or '0')
if not token or (not lock[2] and redis.call('EXISTS', KEYS[1]) == 1) then
  return redis.error_reply('FOREIGN the key holds no lock')
end
local micros = time[1] * 1000000 + time[2]
if token < micros then token = micros else token = token + 1 end
token = string.format('%.0f', token)
redis.call('HSET', KEYS[1], 'owner', '', 'token', token, 'seq', '0', 'exp', '0', 'delay', '0', 'info', '')
redis.call('LPUSH', KEYS[2], cjson.encode({at = tonumber(time[1]), by = ARGV[1], reason = ARGV[2],
  owner = lock[3] or '', token = lock[2] or '', next_token = token}))
redis.call('LTRIM', KEYS[2], 0, 99)
redis.call('PUBLISH', KEYS[1] .. ':wake', token)
return lock[3] or ''
