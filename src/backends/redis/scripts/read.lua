-- Look at the lock. KEYS[1]: the lock. Answers {} if there never was one, else {1 if it is held, owner as
-- JSON, token, sequence, ms that the lease has left}.
local lock = redis.call('HMGET', KEYS[1], 'owner', 'token', 'seq', 'exp', 'info')
if not tonumber(lock[2]) then
  if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
  return redis.error_reply('FOREIGN the key holds no lock')
end
local time = redis.call('TIME')
local left = (tonumber(lock[4]) or 0) - time[1] * 1000 - math.floor(time[2] / 1000)
return {lock[1] and lock[1] ~= '' and 1 or 0, lock[5] or '', lock[2], lock[3] or '0', left}
