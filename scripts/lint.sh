# clang-format and clang-tidy over some or all sources.

# Print what differs from the branch that this one started from (or from the last commit, on that
# branch itself), and what is not committed yet.
changed_files() {
  local base
  base=$(git merge-base HEAD "${STINT_LINT_BASE:-origin/main}" 2>/dev/null) || base=
  if [[ -z $base || $base == $(git rev-parse HEAD) ]]; then
    base=$(git rev-parse -q --verify HEAD~1) || base=$(git hash-object -t tree /dev/null)
  fi
  {
    git diff --name-only --diff-filter=d "$base"
    git ls-files --others --exclude-standard
  } | sort -u
}

# Read names of sources; print those that clang-tidy can take: for a header, the sources beside it
# that have its name.
tidy_units() {
  local file unit
  while read -r file; do
    case $file in
      *.cpp) printf '%s\n' "$file" ;;
      *.hpp)
        for unit in "${file%.hpp}.cpp" "${file%.hpp}_test.cpp"; do
          if [[ -e $unit ]]; then printf '%s\n' "$unit"; fi
        done
        ;;
    esac
  done | sort -u
}

# project_files FILE...: print the names as they are from the project's top folder.
project_files() {
  local file
  for file; do
    [[ $file != -* ]] || die "lint has no option $file; ./dev help lists what it takes" 2
    [[ -f $file && $file =~ \.[ch]pp$ ]] || die "\"$file\" is no C++ source" 2
    realpath --relative-base=. -- "$file"
  done
}

# Keep only files that a build compiles.
compiled_units() {
  local file
  while read -r file; do
    if grep -qF "\"file\": \"$PWD/$file\"" build/lint/compile_commands.json; then
      printf '%s\n' "$file"
    fi
  done
}

# tidy_one FILE: run in a shell of its own by xargs. Past the deadline a file is only named.
tidy_one() {
  if ((tidy_deadline > 0 && $(date +%s) >= tidy_deadline)); then
    printf 'not checked for lack of time: %s\n' "$1"
    return 0
  fi
  printf '  %s\n' "$1"
  clang-tidy-19 -p build/lint --quiet "$1" 2> >(grep -v ' warnings\? generated\.$' >&2)
}
export -f tidy_one

# lint [--changed | FILES]. STINT_LINT_SECONDS bounds the time that clang-tidy takes.
lint() {
  local files=()
  if [[ ${1:-} == --changed ]]; then
    no_arguments "lint --changed" "${@:2}"
    mapfile -t files < <(changed_files | grep -E '\.(cpp|hpp)$' || true)
  elif (($#)); then
    mapfile -t files < <(project_files "$@")
    ((${#files[@]} == $#)) || exit 2  # it said which
  else
    mapfile -d '' -t files < <(source_files)
  fi
  ((${#files[@]})) || {
    say "No source to check"
    return
  }
  say "Checking the format of ${#files[@]} files"
  clang-format-19 --dry-run --Werror "${files[@]}" || die "not formatted: run ./dev fmt"

  local units=()
  mapfile -t units < <(printf '%s\n' "${files[@]}" | tidy_units | compiled_units)
  ((${#units[@]})) || return 0
  say "Running clang-tidy on ${#units[@]} files"
  export tidy_deadline=0
  if [[ -n ${STINT_LINT_SECONDS:-} ]]; then
    tidy_deadline=$(($(date +%s) + STINT_LINT_SECONDS))
  fi
  printf '%s\n' "${units[@]}" | xargs -P "$(nproc)" -I{} bash -c 'tidy_one "$1"' _ {} ||
    die "clang-tidy found something: see above"
}
