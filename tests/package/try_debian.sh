#!/usr/bin/env bash
# Inside the root of debian.sh: install the program, use it, remove it. usage: try_debian.sh VERSION
set -euo pipefail
version=$1
fail() {
  printf 'in the root: %s\n' "$1" >&2
  exit 1
}
# expect TEXT COMMAND...: fail unless the command ends with 0 and says the text.
expect() {
  local text=$1 said
  shift
  said=$("$@" 2>&1) || fail "\`$*\` ended with $?: $said"
  [[ $said == *"$text"* ]] || fail "\`$*\` said, without \"$text\": $said"
  printf '$ %s\n%s\n' "$*" "$said"
}
all_files() { find / -xdev \( -path /proc -o -path /dev -o -path /srv \
  -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /var/log \
  -o -path /run \) -prune -o -print | sort; }
from_cache() { apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@" </dev/null; }
export DEBIAN_FRONTEND=noninteractive

# Its dependencies first: of what stays behind when they go, we know nothing.
from_cache install /srv/try/stint.deb >/srv/try/apt.log 2>&1 || fail "apt: $(tail -n 20 /srv/try/apt.log)"
from_cache purge stint >>/srv/try/apt.log 2>&1 || fail "apt: $(tail -n 20 /srv/try/apt.log)"
all_files >/srv/try/before
from_cache install /srv/try/stint.deb >>/srv/try/apt.log 2>&1 || fail "apt: $(tail -n 20 /srv/try/apt.log)"

cd /srv/try
expect "stint $version" stint --version
expect "" stint settings check
expect "" stint settings check -s /etc/stint/stint.toml
printf '[tasks."say.hello"]\ncommand = ["echo", "hello from the root"]\n' >stint.toml
expect 1 stint enqueue say.hello
expect "" stint worker run --drain
expect '"state":"done"' stint job show 1 --json
expect "hello from the root" stint job logs 1
expect "also here" stint run -- echo also here
expect "line 1" stint run noop.print --lines 1 --run-once --module noop
[[ -d /usr/lib/stint/modules ]] || fail "there is no folder for modules"
[[ $(stat -c '%U %a' /usr/lib/stint/modules) == "root 755" ]] || fail "others may write modules"
zcat /usr/share/man/man1/stint.1.gz | grep '^\.TH' >/dev/null || fail "there is no manual page"
bash -n /usr/share/bash-completion/completions/stint || fail "the completion is no bash"
grep 'stint' /usr/share/bash-completion/completions/stint >/dev/null || fail "it completes nothing"

# Settings that somebody has written stay when it is removed, and go when it is purged.
echo '# ours' >>/etc/stint/stint.toml
from_cache remove stint >>/srv/try/apt.log 2>&1
grep -q '^# ours' /etc/stint/stint.toml || fail "remove took the settings along"
from_cache purge stint >>/srv/try/apt.log 2>&1
all_files >/srv/try/after
diff /srv/try/before /srv/try/after >&2 || fail "purge leaves something"
printf 'installed, used and purged\n'
