# Redis and Valkey, the same server for our purposes. Every write goes to the append-only file, as the
# locks want it.

answers_redis() {
  local line=
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'PING\r\n' >&3
  IFS= read -rt 2 line <&3
  exec 3>&-
  [[ $line == +PONG* ]]
}

# redis_like_up NAME VARIABLE PROGRAM
redis_like_up() {
  local port
  say "Starting $1"
  port=$(start_server "$1" answers_redis "$3" --port PORT --bind 127.0.0.1 --save '' \
    --appendonly yes --dir "$servers_dir/$1/data")
  write_server_env "$1" "$2=redis://127.0.0.1:$port" "$2_PROGRAM=$3"
}

redis_up() {
  local program
  program=$(command -v redis-server) || {
    say "No redis-server here: tests that need Redis are skipped"
    return 0
  }
  redis_like_up redis STINT_TEST_REDIS "$program"
}

valkey_up() {
  local program
  program=$(program_of_suite valkey-server bookworm-backports valkey-tools valkey-server) || {
    say "No Valkey: tests that need it are skipped"
    return 0
  }
  redis_like_up valkey STINT_TEST_VALKEY "$program"
}
