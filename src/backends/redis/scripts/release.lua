-- Free the lock and wake who waits. KEYS[1]: the lock. ARGV: the owner's id, the token.
-- Answers 1, or 0 if the lock is not held by them; nothing was written then.
local lock = redis.call('HMGET', KEYS[1], 'owner', 'token')
if lock[1] ~= ARGV[1] or lock[2] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'owner', '', 'info', '')
redis.call('PUBLISH', KEYS[1] .. ':wake', ARGV[2])
return 1
