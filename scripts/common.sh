# What every verb of ./dev uses. Sourced from the project's top folder.

state_dir=.dev

# The kinds of tests that are a program and a label of ctest each.
test_kinds=(unit contract integration property fault process)

# Objects made in one checkout serve another: paths are kept out of the cache's key.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}

say() {
  if [[ -t 1 ]]; then printf '\033[1m==> %s\033[0m\n' "$*"; else printf '==> %s\n' "$*"; fi
}

# die MESSAGE [EXIT CODE]
die() {
  printf 'dev: %s\n' "$1" >&2
  exit "${2:-1}"
}

# no_arguments VERB "$@": refuse what the verb would not look at.
no_arguments() {
  (($# == 1)) || die "$1 takes no arguments, and got: ${*:2}" 2
}

# configure_preset PRESET: run CMake unless the build folder is newer than the presets; what else
# could change, ninja looks after.
configure_preset() {
  local stamp=build/$1/.configured
  if [[ ! -e $stamp || CMakePresets.json -nt $stamp ]]; then
    say "Configuring build/$1"
    cmake --preset "$1" --log-level=NOTICE >/dev/null && touch "$stamp"
  fi
}

# build_preset PRESET [BUILD ARGS]
build_preset() {
  local preset=$1
  shift
  configure_preset "$preset" || return
  say "Building build/$preset"
  cmake --build --preset "$preset" "$@"
}

# run_ctest PRESET [CTEST ARGS]: run the tests of a build; the output is kept beside it.
run_ctest() {
  local preset=$1
  shift
  say "Testing build/$preset"
  ctest --preset "$preset" "$@" 2>&1 | tee "build/$preset/ctest.log"
}

# with_servers COMMAND...: run with the servers' environment. Servers that were not up before are
# stopped again.
with_servers() {
  # What was up already is somebody's.
  if ! postgres_is_up; then trap servers_down EXIT; fi
  verb_up
  source "$state_dir/env"
  "$@"
}

# Print every C++ source of the project, each ended by NUL.
source_files() {
  find src include tests examples bench \( -name '*.cpp' -o -name '*.hpp' \) -print0 | sort -z
}
