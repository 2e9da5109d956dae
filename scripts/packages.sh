# The Debian packages that each verb needs, and their installation.

packages_build=(
  cmake ninja-build g++ ccache lld pkg-config
  libpq-dev libsqlite3-dev nlohmann-json3-dev libfmt-dev libspdlog-dev libcli11-dev
  libtomlplusplus-dev libcurl4-openssl-dev zlib1g-dev libhiredis-dev
  libmicrohttpd-dev libssl-dev libdw-dev
)
packages_servers=(postgresql-15 redis-server influxdb)
packages_test=(libgtest-dev libgmock-dev librapidcheck-dev python3-psycopg2 pgbouncer openssl cmark-gfm
  mmdebstrap)
packages_package=(dpkg-dev git)
packages_format=(clang-format-19)
packages_lint=(clang-tidy-19 git)
packages_clang=(clang-19 libclang-rt-19-dev llvm-19)

# Run as root, install "$@" and start no service of theirs, now or when the machine starts: a server's
# package would otherwise take the port that is usual for it. Where somebody has a policy, it stays.
# shellcheck disable=SC2016 # it is for another shell
install_without_services='
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    trap "rm -f $policy" EXIT
    trap "exit 1" HUP INT TERM
    printf "#!/bin/sh\nexit 101\n" >$policy && chmod 755 $policy
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=200 install -y \
    --no-install-recommends "$@" || exit
  for unit in redis-server influxdb postgresql pgbouncer; do
    for package; do
      case $package in "$unit"*) systemctl disable "$unit" ;; esac
    done
  done >/dev/null 2>&1 || true'

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
  local install=("${as_root[@]}" sh -c "$install_without_services" - "${missing[@]}")
  # Package lists that are absent or old are the usual reason for a failure: renew them only then.
  if ! "${install[@]}" >"$state_dir/apt.log" 2>&1; then
    say "Renewing the package lists"
    { "${apt[@]}" update && "${install[@]}"; } >"$state_dir/apt.log" 2>&1 || {
      tail -n 20 "$state_dir/apt.log" >&2
      die "could not install ${missing[*]} (all of apt's output: $state_dir/apt.log)"
    }
  fi
}

# program_of_suite PROGRAM SUITE PACKAGE...: print the path of a program of another release of Debian,
# its own or that on PATH. Nothing is installed: the packages are fetched from the archive that this
# machine uses, by lists of their own, and unpacked below .dev/cache. False, and the reason said, if
# there is none.
program_of_suite() {
  local program=$1 suite=$2 cache=$PWD/$state_dir/cache/$1 log=$PWD/$state_dir/cache/$1.log
  shift 2
  if [[ ! -x $cache/usr/bin/$program ]]; then
    if command -v "$program"; then return; fi
    say "Fetching $* of Debian's suite $suite" >&2
    mkdir -p "$cache"
    unpack_suite "$cache" "$suite" "$@" >"$log" 2>&1 || {
      rm -rf "$cache"
      say "Could not fetch $* of Debian's suite $suite (all of the output: $log)" >&2
      return 1
    }
  fi
  printf '%s' "$cache/usr/bin/$program"
}

# unpack_suite FOLDER SUITE PACKAGE...
unpack_suite() {
  local folder=$1 suite=$2 apt=$1/apt archive keys=/usr/share/keyrings/debian-archive-keyring.gpg
  shift 2
  archive=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' |
    awk '/ Debian$/ && !/security/ {print $1; exit}')
  [[ -n $archive ]] || {
    echo "apt knows no archive of Debian: apt-get update"
    return 1
  }
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  if [[ -r $keys ]]; then keys="[signed-by=$keys]"; else keys=; fi
  printf 'deb %s %s %s main\n' "$keys" "$archive" "$suite" >"$apt/sources.list"
  local command=(apt-get -o Acquire::http::Timeout=10 -o "Dir::Etc::sourcelist=$apt/sources.list"
    -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache"
    -o APT::Get::List-Cleanup=false -o APT::Sandbox::User=root)
  # An archive that has no such suite is only a warning of apt's.
  "${command[@]}" update && (cd "$apt" && "${command[@]}" download "$@") || return 1
  local package
  for package in "$apt"/*.deb; do dpkg-deb -x "$package" "$folder" || return 1; done
  rm -rf "$apt"
}
