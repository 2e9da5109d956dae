-- Write one of a task's two stamps. KEYS[1]: the stamps. ARGV: which one, the stamp as JSON.
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HEXISTS', KEYS[1], 'success_at') == 0 and
  redis.call('HEXISTS', KEYS[1], 'alive_at') == 0 then
  return redis.error_reply('FOREIGN the key holds no stamps')
end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], ARGV[1] .. '_at',
  string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)))
return 1
