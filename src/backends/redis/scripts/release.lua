-- Free the lock and wake who waits. KEYS[1]: the lock. ARGV: the owner's id, the token.
-- Answers 1, or 0 if the lock is not held by them; nothing was written then.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] or redis.call('HGET', KEYS[1], 'token') ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], 'owner', '', 'info', '')
redis.call('PUBLISH', KEYS[1] .. ':wake', ARGV[2])
return 1
