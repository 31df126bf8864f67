#!/usr/bin/env bash
# A wall clock that is set while ldctl runs, by libfaketime. On Debian, as root, it is installed where it is missing;
# else this ends with 2 and says what it lacks. Needs the built bin.
set -euo pipefail
cd "$(dirname "$0")/.."

could_not() { printf 'check:clock could not run: %s\n' "$1" >&2; exit 2; }
library() { find /usr/lib /usr/local/lib -name libfaketime.so.1 -print -quit 2>/dev/null; }

[ "$(uname)" = Linux ] || could_not 'it is for Linux'
if [ -z "$(library)" ]; then
  command -v apt-get >/dev/null || could_not 'libfaketime is not installed, and there is no apt-get'
  [ "$(id -u)" -eq 0 ] || could_not 'libfaketime is not installed, and only root may install it'
  echo 'installing libfaketime'
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends faketime; } \
    >/dev/null 2>&1 || could_not 'libfaketime could not be installed'
  [ -n "$(library)" ] || could_not 'libfaketime is not there after it was installed'
fi

FAKETIME=$(library) exec npx mocha test/checks/set-clock.test.ts
