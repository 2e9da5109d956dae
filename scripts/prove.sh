# The proofs of docs/reliability.md at full size, by name.

# One line a proof: NAME | TEST PROGRAM | FILTER | MINUTES | WHAT. Several lines of one name are parts
# of one proof. The names T1 to T30 are those of the fault programme; to add a proof, add its line, and
# have its test print its seed and its figures to standard output.
proof_table() {
  sed -e 's/#.*//' -e '/^ *$/d' <<'TABLE'
T1  | fault       | Stores/KillTest.*                            |  8 | 200 workers killed over 50,000 jobs, each store
T2  | process     | EveryRole/MessageWalk.*:Together/MessageWalk.* |  6 | worker, keeper or slot killed between any two messages
T3  | fault       | Stores/PauseTest.*                           | 12 | 200 workers paused past their lease, each store
T4  | fault       | ServerFaults.*                               | 12 | the server crashes, restarts and loses sessions, 225 times
T5  | property    | FencingOrders.*:Stores/Fencing.*             |  2 | every order of a loss, a claim and two writes: 864 schedules
T6  | fault       | CutReply.*                                   | 12 | replies cut at every byte: 1,000 enqueues, 1,000 completions
T7  | fault       | Locks/LockPause.*                            | 50 | 100 holders of a lock halted for 3 ttl, each backend
T8  | fault       | Locks/LockCut.*                              | 16 | 50 holders cut off without a word, each backend
T9  | fault       | Locks/LockFlaps.*                            | 125 | replies of a lock's server lost for 1 to 30 s, half an hour each backend
T11 | fault       | Locks/LockServerFault.*                      | 10 | 20 halts of a lock's server, each backend
T12 | fault       | Locks/LockServerCrash.*:Locks/LockServerLoss.* | 30 | 50 kills of a lock's server, each backend, with and without its data
T13 | fault       | Locks/LockClientClockStep.*:Locks/LockServerClockStep.* | 20 | clocks set by an hour and by 30 days, of holders and servers
T14 | fault       | Locks/LockClockRate.*                        | 6 | clocks that run a tenth too fast and too slow
T16 | contract    | */LockContract.IsFreed*                       |  1 | releases by others, twice, after a loss, by force
T16 | unit        | LockKeeperTest.*:OneInstanceLockTest.*       |  1 | the lock against a server that fails as told
T17 | contract    | */LockContract.LeaksNothing*                 |  5 | 10,000 holdings of each backend: descriptors and memory
T21 | process     | Stores/FullDisk.*:Stores/PostgresFaults.*FullDisk* | 8 | disks that are full 20 times: SQLite, PostgreSQL's tables; its log
T22 | fault       | Phases/DiskFaults.*                          |  6 | the disk below SQLite fails, or ends all, at each call in turn
T24 | fault       | Stores/Poison.*                              |  8 | 100 jobs that die among 2,000 that do well, each store
T28 | property    | Stores/Mutants.*:Stores/HotMutants.*:Stores/HistoryMutants.* |  3 | each guard of a statement taken away, and noticed
T30 | fault       | Upgrade.*:LiveMigration.*                    | 12 | ten minutes of work while the tables change
T30 | integration | PostgresMigrations.*                         |  2 | the real migrations, killed at each statement
chance       | fault    | BadNetwork.*                           |  3 | a network that cuts, resets, delays and half-opens by chance
history      | fault    | Stores/HistoryTest.*:HistoryCheck.*    |  6 | 200 kills and cuts; an order is sought in which all replies are true
hard-stop    | process  | Stores/HardStop.*:Stores/Leaks.*       |  2 | tasks that cannot be stopped; what is left of any
model        | property | Stores/JobLife.*                       |  8 | random commands against a model, 500 lists on each store
output       | process  | Stores/MuchOutput.*                    |  3 | a task that prints 1 GB
pooler       | process  | Pooler.*                               |  3 | the whole contract suite through PgBouncer
transactions | fault    | TransactionKill.*                      |  6 | 100 kills of tasks that write in their job's transaction
TABLE
}

# proof_lines [NAME...]: print the table's lines of these proofs, or of all, without its blanks.
proof_lines() {
  local name program filter minutes what wanted=" $* "
  while IFS='|' read -r name program filter minutes what; do
    read -r name <<<"$name"
    [[ $# -eq 0 || $wanted == *" $name "* ]] || continue
    read -r program <<<"$program"
    read -r filter <<<"$filter"
    read -r minutes <<<"$minutes"
    read -r what <<<"$what"
    printf '%s|%s|%s|%s|%s\n' "$name" "stint_${program}_tests" "$filter" "$minutes" "$what"
  done < <(proof_table)
}

list_proofs() {
  local name program filter minutes what
  while IFS='|' read -r name program filter minutes what; do
    printf '%-13s %3s min  %s\n' "$name" "$minutes" "$what"
  done < <(proof_lines)
}

# check_proofs FOLDER: fail for a line that selects no test of the programs in this folder: what has
# been renamed would be proved no more, and nobody told.
check_proofs() {
  local name program filter minutes what found failed=0 proofs=0
  while IFS='|' read -r name program filter minutes what; do
    found=$("$1/$program" --gtest_list_tests --gtest_filter="$filter") || found=
    if [[ -z $found ]]; then
      printf 'scripts/prove.sh: %s selects no test: %s of %s\n' "$name" "$filter" "$program" >&2
      failed=1
    fi
    proofs=$((proofs + 1))
  done < <(proof_lines)
  printf '%d lines, each with tests\n' "$proofs"
  ((proofs > 0 && failed == 0))
}

# run_proof NAME PROGRAM FILTER: run one line at full size under the census, show its seed and its
# figures, keep all that was printed. A test that was skipped has proved nothing.
run_proof() {
  local name=$1 program=$2 filter=$3 start=$SECONDS status=0 verdict=held
  local log=build/dev/prove/$name-$program.log
  mkdir -p build/dev/prove
  say "$name: $filter"
  STINT_FULL=1 STINT_TEST_REQUIRE=postgres,pgbouncer,openssl,redis,valkey,consul build/dev/test_programs/census \
    "build/dev/tests/$program" --gtest_color=no --gtest_filter="$filter" \
    >"$log" 2>"${log%.log}.err" || status=$?
  grep -vE '^(\[|Note: |Running main|$| *[0-9]+ FAILED TEST)' "$log" || true
  if ((status != 0)); then
    verdict=FAILED
  elif ! grep -q '^\[  PASSED  \] [1-9]' "$log" || grep -q '^\[  SKIPPED \]' "$log"; then
    verdict="NOT PROVED, as tests were skipped or there were none"
  fi
  printf '%s %s: %s in %d s; all of it in %s\n' "$name" "$verdict" \
    "$(sed -n 's/^\[=*\] \([0-9]* tests\?\) from .* ran\..*/\1/p' "$log")" "$((SECONDS - start))" "$log"
  [[ $verdict == held ]]
}

# prove [NAME...]: run these proofs, or all, and fail if one does not hold.
prove() {
  local name program filter minutes what failed=()
  while IFS='|' read -r -u 3 name program filter minutes what; do
    run_proof "$name" "$program" "$filter" </dev/null || failed+=("$name")
  done 3< <(proof_lines "$@")
  ((${#failed[@]} == 0)) || die "not proved: ${failed[*]}"
}

# Refuse a name that is none before anything is built.
check_proof_names() {
  local name
  for name in "$@"; do
    [[ -n $(proof_lines "$name") ]] || die "no proof \"$name\"; ./dev prove --list names them" 2
  done
}
