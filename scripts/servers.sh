# Throw-away servers for tests and benches: each on a free port of loopback, with a folder of its own
# that goes with it. `servers_up` starts what is not up, all at once; a server has a file of this
# folder that brings NAME_up.
#   .dev/servers/NAME/        its data, its log, its process id
#   .dev/servers/NAME.env     what tests read about it
#   .dev/env                  all of these together

servers=(postgres redis valkey consul influxdb)
servers_dir=$PWD/$state_dir/servers

# Print a loopback port that nobody listens on, below those that the kernel gives to clients.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  printf '%s' "$port"
}

# server_pid NAME: print the id of its process if it runs. A process that has taken over the id of one
# that is gone works in another folder.
server_pid() {
  local pid
  pid=$(cat "$servers_dir/$1/pid" 2>/dev/null) || return 1
  [[ -n $pid && $(readlink "/proc/$pid/cwd") == "$servers_dir/$1/data" ]] || return 1
  printf '%s' "$pid"
}

# start_server NAME ANSWERS COMMAND...: run COMMAND, PORT in its words replaced by a free port (PORT1,
# PORT2, ... by others), in NAME's data folder until `ANSWERS <port>` is true. Prints the port. A port
# that somebody took in between is the usual reason for an end: others are tried then.
start_server() {
  local name=$1 answers=$2 dir=$servers_dir/$1 try port words pid deadline other
  shift 2
  for try in 1 2 3 4 5; do
    rm -rf "$dir"
    mkdir -p "$dir/data"
    port=$(free_port)
    words=("$@")
    for other in 1 2 3; do words=("${words[@]//PORT$other/$(free_port)}"); done
    words=("${words[@]//PORT/$port}")
    # A session of its own: an interrupt at the terminal is not for it.
    (
      cd "$dir/data" && exec setsid "${words[@]}" </dev/null >"$dir/log" 2>&1
    ) &
    pid=$!
    printf '%s\n' "$pid" >"$dir/pid"
    deadline=$((SECONDS + 20))
    while kill -0 "$pid" 2>/dev/null && ((SECONDS < deadline)); do
      if "$answers" "$port" 2>/dev/null && kill -0 "$pid" 2>/dev/null; then
        printf '%s' "$port"
        return
      fi
      sleep 0.02
    done
    kill -KILL "$pid" 2>/dev/null || true
  done
  tail -n 20 "$dir/log" >&2
  die "$name did not start after $try tries (its log: $dir/log)"
}

# answers_http PORT PATH PATTERN: whether a server's answer to GET matches.
answers_http() {
  local answer
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&3
  answer=$(timeout 2 cat <&3)
  exec 3>&-
  [[ $answer =~ $3 ]]
}

# write_server_env NAME VARIABLE=VALUE...
write_server_env() {
  local name=$1
  shift
  printf 'export %s\n' "$@" >"$servers_dir/$name.env"
}

server_is_up() {
  [[ -e $servers_dir/$1.env ]] || return 1
  if [[ $1 == postgres ]]; then postgres_is_up; else server_pid "$1" >/dev/null; fi
}

server_down() {
  local pid
  if [[ $1 == postgres ]]; then
    postgres_down
  else
    # Its data is thrown away: there is nothing to write before it goes.
    if pid=$(server_pid "$1"); then kill -KILL "$pid"; fi
    rm -rf "${servers_dir:?}/$1"
  fi
  rm -f "$servers_dir/$1.env"
}

servers_up() {
  local name starting=() failed=0
  mkdir -p "$servers_dir"
  for name in "${servers[@]}"; do
    if server_is_up "$name"; then
      say "$name is already up"
      continue
    fi
    (
      server_down "$name"
      "${name}_up"
    ) &
    starting+=($!)
  done
  for name in "${starting[@]}"; do wait "$name" || failed=1; done
  cat "$servers_dir"/*.env >"$state_dir/env" 2>/dev/null || true
  ((failed == 0)) || die "not every server started: see above"
}

servers_down() {
  local name
  for name in "${servers[@]}"; do server_down "$name"; done
  rm -f "$state_dir/env"
}
