-- Have the lease end ttl from now. KEYS[1]: the lock. ARGV: the owner's id, the token, the ttl in ms.
-- Answers 1, or 0 if the lock is not held by them.
local lock = redis.call('HMGET', KEYS[1], 'owner', 'token')
if lock[1] ~= ARGV[1] or lock[2] ~= ARGV[2] then return 0 end
local time = redis.call('TIME')
redis.call('HINCRBY', KEYS[1], 'seq', 1)
redis.call('HSET', KEYS[1], 'exp',
  string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[3]))
return 1
