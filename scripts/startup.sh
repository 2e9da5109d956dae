#!/usr/bin/env bash
# How long the program takes from its start to its end, doing as good as nothing:
#   scripts/startup.sh build/release/bin/stint [ROUNDS]
# Prints the median, the least and the greatest of the rounds (20) in milliseconds. The floor is `true`.
set -euo pipefail
stint=$(realpath "${1:?"give the program stint"}")
rounds=${2:-20}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME=$folder XDG_STATE_HOME=$folder LC_ALL=C
cd "$folder"
"$stint" job list >/dev/null # makes the store

measure() {
  local -a taken=()
  local begin end
  for ((i = 0; i < rounds; i++)); do
    begin=${EPOCHREALTIME/./}
    "$@" >/dev/null
    end=${EPOCHREALTIME/./}
    taken+=($((end - begin)))
  done
  mapfile -t taken < <(printf '%s\n' "${taken[@]}" | sort -n)
  awk -v name="${*##*/}" -v median="${taken[rounds / 2]}" -v least="${taken[0]}" -v most="${taken[rounds - 1]}" \
    'BEGIN { printf "%-18s %6.1f   %5.1f .. %.1f\n", name, median / 1000, least / 1000, most / 1000 }'
}

measure /bin/true
measure "$stint" --version
measure "$stint" help job list
measure "$stint" task list
measure "$stint" job list
