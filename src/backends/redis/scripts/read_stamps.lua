-- Read a task's two stamps. KEYS[1]: the stamps. Answers {success, its age in ms, sign of life, its age in
-- ms}, '' for what was never written.
local stamps = redis.call('HMGET', KEYS[1], 'success', 'success_at', 'alive', 'alive_at')
if not stamps[2] and not stamps[4] and redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.error_reply('FOREIGN the key holds no stamps')
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return {stamps[1] or '', now - (tonumber(stamps[2]) or now), stamps[3] or '',
  now - (tonumber(stamps[4]) or now)}
