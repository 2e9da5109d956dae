-- Fail unless this token is the newest that the lock has given out. KEYS[1]: the lock, as
-- stint::redis::lock_key names it. ARGV[1]: the token.
local newest = redis.call('HGET', KEYS[1], 'token')
if newest ~= ARGV[1] then
  return redis.error_reply('FENCED the token ' .. ARGV[1] .. ' is not the newest of ' .. KEYS[1] ..
    ', which is ' .. (newest or 'unknown') .. ': another holder has the lock, or had it since')
end
return 1
