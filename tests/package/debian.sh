#!/usr/bin/env bash
# Build the Debian packages from a build folder and try them: in a root that has nothing but Debian's
# essential packages, `stint` is installed by apt with what it depends on, used, and removed again.
# usage: debian.sh BUILD_DIR PACKAGES_DIR VERSION. Ends with 77 where it cannot be tried here, unless
# STINT_TEST_REQUIRE names "debian".
set -euo pipefail
build=$1 packages=$2 version=$3
source_dir=$PWD
cache=$source_dir/.dev/cache

fail() {
  printf 'debian.sh: %s\n' "$1" >&2
  exit 1
}
skip() {
  if [[ ",${STINT_TEST_REQUIRE:-}," == *,debian,* ]]; then fail "$1"; fi
  printf 'skipped: %s\n' "$1"
  exit 77
}

command -v dpkg-deb dpkg-shlibdeps apt-get >/dev/null || skip "no Debian tools here"

# Quick to make, as large as it comes.
rm -rf "$packages"
cpack --config "$build/CPackConfig.cmake" -B "$packages" -D CPACK_DEBIAN_COMPRESSION_TYPE=zstd
program=$(echo "$packages"/stint_*.deb) development=$(echo "$packages"/libstint-dev_*.deb)
for package in "$program" "$development"; do
  [[ $(dpkg-deb -f "$package" Version) == "$version-1" ]] || fail "$package is not of $version"
  for file in copyright changelog.gz changelog.Debian.gz; do
    # Not grep -q: it would close the pipe early.
    dpkg-deb -c "$package" | grep "/usr/share/doc/[a-z-]*/$file$" >/dev/null ||
      fail "$package has no $file"
  done
done
# For the test of find_package, and a folder with a space for its sake.
dpkg-deb -x "$development" "$packages/libstint dev"
if command -v pkg-config g++ >/dev/null; then
  printf '#include <stint/stint.hpp>\nint main() { return stint::load_settings().find<int>("x") ? 1 : 0; }\n' \
    >"$packages/user.cpp"
  flags=$(PKG_CONFIG_PATH="$packages/libstint dev/usr/lib/pkgconfig" pkg-config --cflags --libs stint)
  # Its paths are quoted for a shell.
  eval "g++ '$packages/user.cpp' -o '$packages/user' $flags" || fail "stint.pc does not do to link"
  [[ -x $packages/user ]] || fail "nothing was linked by stint.pc"
  printf 'stint.pc does to link\n'
fi

((EUID == 0)) || skip "a root of its own needs root"
command -v mmdebstrap >/dev/null || skip "no mmdebstrap here: apt-get install mmdebstrap"
unshare --mount --net --pid --fork true 2>/dev/null || skip "no namespace can be made here"

# The root, with the archives of all that `stint` depends on, is kept: the next time needs no network.
depends=$(dpkg-deb -f "$program" Depends)
# shellcheck disable=SC1091
suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
mirror=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' |
  awk '/ Debian$/ && !/security/ {print $1; exit}')
key=$(printf '%s\n' "$suite" "$depends" | sha256sum | cut -c1-16)
image=$cache/debian-$key.tar
if [[ ! -e $image ]]; then
  [[ -n $suite && -n $mirror ]] || skip "apt knows no archive of Debian here"
  mkdir -p "$cache"
  rm -f "$cache"/debian-*.tar
  wanted=$(sed -E 's/ *\([^)]*\)//g; s/ *\|[^,]*//g; s/,/ /g' <<<"$depends")
  printf 'Making a root of %s\n' "$suite"
  # shellcheck disable=SC2016 # it is for the hook's shell
  WANTED=$wanted mmdebstrap --quiet --format=tar --variant=apt --skip=cleanup/apt,check/empty \
    --aptopt='Acquire::http::Timeout "10"' --dpkgopt=path-include='/usr/share/man/*' \
    --customize-hook='chroot "$1" apt-get clean' \
    --customize-hook='chroot "$1" apt-get install -y -qq --no-install-recommends --download-only $WANTED' \
    "$suite" "$image.new" "$mirror" >"$cache/debian.log" 2>&1 || {
    rm -f "$image.new"
    tail -n 20 "$cache/debian.log" >&2
    skip "no root could be made (all of the output: $cache/debian.log)"
  }
  mv "$image.new" "$image"
fi

root=$(mktemp -d "${TMPDIR:-/tmp}/stint-debian.XXXXXX")
# There is no network in the namespace, so that what the image lacks is noticed; and what is mounted in
# the root goes with it.
trap 'rm -rf --one-file-system "$root"' EXIT
tar -xf "$image" -C "$root"
mkdir "$root/srv/try"
cp "$program" "$root/srv/try/stint.deb"
cp "$source_dir/tests/package/try_debian.sh" "$root/srv/try/"
if command -v systemd-analyze >/dev/null; then with_units=yes; else with_units=; fi

# shellcheck disable=SC2016
unshare --mount --net --pid --fork --kill-child env -i HOME=/srv/try PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
  sh -ec 'mount --make-rprivate /
    mount -t proc proc "$1/proc"
    mount -t tmpfs tmpfs "$1/dev" && mkdir -m 1777 "$1/dev/shm"
    for device in null zero full random urandom tty; do
      touch "$1/dev/$device" && mount --bind "/dev/$device" "$1/dev/$device"
    done
    exec chroot "$1" bash /srv/try/try_debian.sh "$2"' - "$root" "$version"

# The units, against the systemd of this machine.
if [[ -n $with_units ]]; then
  dpkg-deb -x "$program" "$packages/stint"
  units=$packages/units
  mkdir -p "$units"
  for unit in "$packages"/stint/usr/lib/systemd/system/*.service; do
    # The program and its man page are not installed on this machine.
    sed -e "s|^ExecStart=/usr|ExecStart=$packages/stint/usr|" -e '/^Documentation=/d' "$unit" \
      >"$units/${unit##*/}"
  done
  said=$(systemd-analyze verify --man=no "$units"/*.service 2>&1) || fail "systemd refuses: $said"
  [[ -z $said ]] || fail "systemd finds: $said"
  printf 'systemd takes the units\n'
fi
