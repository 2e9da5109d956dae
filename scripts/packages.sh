# The Debian packages that each verb needs, and their installation.

packages_build=(
  cmake ninja-build g++ ccache lld pkg-config
  libpq-dev libsqlite3-dev nlohmann-json3-dev libfmt-dev libspdlog-dev libcli11-dev
  libtomlplusplus-dev libcurl4-openssl-dev libmicrohttpd-dev libssl-dev libdw-dev
)
packages_servers=(postgresql-15)
packages_test=(libgtest-dev libgmock-dev librapidcheck-dev python3-psycopg2 pgbouncer openssl)
packages_format=(clang-format-19)
packages_lint=(clang-tidy-19 git)
packages_clang=(clang-19 libclang-rt-19-dev)

# need_packages NAME...: install those that are missing. Where there is no apt, say so and go on:
# CMake names what it does not find.
need_packages() {
  if ! command -v apt-get dpkg-query >/dev/null; then
    say "No apt here. If the build misses something, install what Debian calls: $*"
    return
  fi
  local missing=() name
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] ||
      missing+=("$name")
  done
  ((${#missing[@]})) || return 0

  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "needs packages and is not root. Run as root: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing ${missing[*]}"
  mkdir -p "$state_dir"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=200)
  local install=("${apt[@]}" install -y --no-install-recommends "${missing[@]}")
  # Package lists that are absent or old are the usual reason for a failure: renew them only then.
  if ! "${install[@]}" >"$state_dir/apt.log" 2>&1; then
    say "Renewing the package lists"
    { "${apt[@]}" update && "${install[@]}"; } >"$state_dir/apt.log" 2>&1 || {
      tail -n 20 "$state_dir/apt.log" >&2
      die "could not install ${missing[*]} (all of apt's output: $state_dir/apt.log)"
    }
  fi
}
