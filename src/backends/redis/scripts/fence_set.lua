-- Set a value unless somebody with a larger token has. On any server, also one that knows nothing of the
-- lock. KEYS: the value; where the largest token that wrote it is kept. ARGV: the token, the value, and how
-- long it is kept in ms, or nothing for ever.
local largest = redis.call('GET', KEYS[2])
-- Both are decimal numbers without leading zeros: of two of one length the text decides.
if not string.match(ARGV[1], '^[1-9]%d*$') then
  return redis.error_reply('ERR a fencing token is a positive whole number')
end
if largest and (#largest > #ARGV[1] or (#largest == #ARGV[1] and largest > ARGV[1])) then
  return redis.error_reply('FENCED the token ' .. ARGV[1] .. ' is older than ' .. largest ..
    ', which wrote ' .. KEYS[1])
end
redis.call('SET', KEYS[2], ARGV[1])
if ARGV[3] and ARGV[3] ~= '' then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
else
  redis.call('SET', KEYS[1], ARGV[2])
end
return 1
