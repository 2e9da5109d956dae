# InfluxDB 1.x. It takes its settings from the environment.

answers_influxdb() { answers_http "$1" /ping '^HTTP/1\.[01] 204'; }

influxdb_up() {
  local program port data=$servers_dir/influxdb/data
  program=$(command -v influxd) || {
    say "No influxd here: tests that need InfluxDB are skipped"
    return 0
  }
  say "Starting influxdb"
  port=$(start_server influxdb answers_influxdb env INFLUXDB_REPORTING_DISABLED=true \
    INFLUXDB_BIND_ADDRESS=127.0.0.1:PORT1 INFLUXDB_HTTP_BIND_ADDRESS=127.0.0.1:PORT \
    INFLUXDB_META_DIR="$data/meta" INFLUXDB_DATA_DIR="$data/data" \
    INFLUXDB_DATA_WAL_DIR="$data/wal" INFLUXDB_MONITOR_STORE_ENABLED=false \
    "$program" run -config /dev/null)
  write_server_env influxdb "STINT_TEST_INFLUXDB=http://127.0.0.1:$port" \
    "STINT_TEST_INFLUXDB_PROGRAM=$program"
}
