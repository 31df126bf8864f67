#!/usr/bin/env bash
# A wall clock that is set while ldctl runs, by libfaketime. Needs the built bin.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(uname)" = Linux ] || { echo 'check:clock could not run: it is for Linux' >&2; exit 77; }
library=/usr/lib/$(uname -m)-linux-gnu/faketime/libfaketime.so.1
bash scripts/install-programs.sh check:clock "$library=faketime"

FAKETIME=$library exec node scripts/mocha.js test/repo/checks/set-clock.test.ts
