#!/usr/bin/env bash
# Keys in a real keyring: gnome-keyring in a headless session of its own, which is gone afterwards. Nothing of the
# user's own keyring, session or profiles is touched. On Debian, as root, it installs what is missing; else it ends
# with 2 and says what it lacks. Needs the built bin; a single executable is tried too, where there is one.
set -euo pipefail
cd "$(dirname "$0")/.."

could_not() { printf 'check:keyring could not run: %s\n' "$1" >&2; exit 2; }
have() { command -v gnome-keyring-daemon >/dev/null && command -v dbus-run-session >/dev/null; }

[ "$(uname)" = Linux ] || could_not 'it is for Linux; other systems have their keyring built in'
if ! have; then
  command -v apt-get >/dev/null || could_not 'gnome-keyring and dbus are not installed, and there is no apt-get'
  [ "$(id -u)" -eq 0 ] || could_not 'gnome-keyring and dbus are not installed, and only root may install them'
  echo 'installing gnome-keyring and dbus'
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gnome-keyring dbus; } \
    >/dev/null 2>&1 || could_not 'gnome-keyring and dbus could not be installed'
  have || could_not 'gnome-keyring and dbus are not there after they were installed'
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset DISPLAY WAYLAND_DISPLAY

# By this ldctl, in a session of its own. Native code is loaded from TMPDIR, and nothing is left there.
check() {
  local session
  session=$(mktemp -d -p "$work")
  mkdir -m 700 "$session/home" "$session/run" "$session/tmp"
  HOME="$session/home" XDG_RUNTIME_DIR="$session/run" XDG_DATA_HOME="$session/home/data" TMPDIR="$session/tmp" \
    dbus-run-session -- "$@" sandbox exec -- bash scripts/check-keyring-steps.sh 2>"$session/log" || {
    cat "$session/log" >&2
    exit 1
  }
  [ -z "$(find "$session/tmp" -name 'ldctl-*')" ] || { find "$session/tmp" -name 'ldctl-*' >&2; exit 1; }
}

check node bin/run.js
[ ! -x build/ldctl ] || { echo 'by the single executable:' && check build/ldctl; }
