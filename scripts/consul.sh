# Consul: one server that keeps everything in memory. Its sessions may last a second only, so that tests
# of what happens at their end need not wait long.

# It leads and is in its own catalogue: before that it gives no sessions.
answers_consul() { answers_http "$1" '/v1/catalog/nodes?consistent' '"Node"'; }

consul_up() {
  local program port
  program=$(program_of_suite consul bullseye consul) || {
    say "No Consul: tests that need it are skipped"
    return 0
  }
  say "Starting consul"
  port=$(start_server consul answers_consul "$program" agent -dev -log-level=warn -bind=127.0.0.1 \
    -client=127.0.0.1 -http-port=PORT -dns-port=-1 -grpc-port=-1 -server-port=PORT1 \
    -serf-lan-port=PORT2 -serf-wan-port=PORT3 '-hcl=session_ttl_min = "1s"')
  write_server_env consul "STINT_TEST_CONSUL=http://127.0.0.1:$port" \
    "STINT_TEST_CONSUL_PROGRAM=$program"
}
