# PostgreSQL. fsync stays on, because benches are only worth something with it.
#   .dev/postgres  names the server's folder

# Print the newest installed server's folder of programs.
postgres_bin() {
  local newest
  newest=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  if [[ ! -x $newest/initdb ]]; then
    newest=$(pg_config --bindir 2>/dev/null) || true
  fi
  [[ -x $newest/initdb ]] || die "found no PostgreSQL server; install postgresql-15"
  printf '%s' "$newest"
}

# PostgreSQL refuses to run as root.
as_postgres() {
  if ((EUID == 0)); then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

postgres_dir() { cat "$state_dir/postgres" 2>/dev/null; }

postgres_is_up() {
  local dir
  dir=$(postgres_dir) && [[ -n $dir ]] &&
    as_postgres "$(postgres_bin)/pg_ctl" status -D "$dir/data" >/dev/null 2>&1
}

postgres_up() {
  local bin dir port log
  bin=$(postgres_bin)
  # Not in the project: the server's own user must reach it. /var/tmp is on a disk.
  dir=$(mktemp -d /var/tmp/stint-postgres.XXXXXX)
  log=$dir/data/server.log
  if ((EUID == 0)); then chown postgres "$dir"; fi
  mkdir -p "$state_dir"
  printf '%s\n' "$dir" >"$state_dir/postgres"

  say "Starting PostgreSQL"
  as_postgres "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
    >"$state_dir/initdb.log" 2>&1 || {
    cat "$state_dir/initdb.log" >&2
    die "initdb failed in $dir"
  }
  local try
  for try in 1 2 3 4 5; do
    port=$(free_port)
    if as_postgres "$bin/pg_ctl" start -w -D "$dir/data" -l "$log" -o "-p $port \
        -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=200" \
      >/dev/null 2>&1; then
      write_server_env postgres "STINT_TEST_POSTGRES=postgresql://postgres@127.0.0.1:$port/postgres"
      return
    fi
  done
  tail -n 20 "$log" >&2
  die "PostgreSQL did not start after $try tries (its log: $log)"
}

postgres_down() {
  local dir
  dir=$(postgres_dir) || return 0
  if [[ $dir == */stint-postgres.* && -d $dir ]]; then
    as_postgres "$(postgres_bin)/pg_ctl" stop -m immediate -w -D "$dir/data" >/dev/null 2>&1 || true
    rm -rf "$dir"
  fi
  rm -f "$state_dir/postgres"
}
