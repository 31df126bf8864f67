#!/usr/bin/env bash
# Keys in a real keyring: gnome-keyring in a headless session of its own, which is gone afterwards. Nothing of the
# user's own keyring, session or profiles is touched. Needs the built bin; a single executable is tried too, where there is one.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(uname)" = Linux ] || { echo 'check:keyring could not run: it is for Linux' >&2; exit 77; }
bash scripts/install-programs.sh check:keyring gnome-keyring-daemon=gnome-keyring dbus-run-session=dbus

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
