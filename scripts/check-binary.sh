#!/usr/bin/env bash
# The single executable: that it can be made, what it weighs, that it needs no Node, and that it does what the package does, by
# test/process/each-system.test.ts; with --all by all tests of processes, which is for the night. Ends with 77 when a package that
# it is made of could not be had. Needs the built bin.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

MOST_MB=135
MOST_PACKED_MB=35
# It looks at the files that a Node loads, of which there are none.
NOT_OF_IT=(start)

fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
step() { printf '  %s\n' "$1"; }

bash scripts/install-programs.sh check:binary xz=xz-utils strip=binutils || exit
node scripts/binary.js || exit
ldctl=$PWD/build/ldctl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# With nothing of the environment here.
bare() { env -i HOME="$work" TMPDIR="$work" PATH=/nowhere "$@"; }

step "is at most $MOST_MB MB, and $MOST_PACKED_MB MB to download"
size=$(wc -c <"$ldctl")
packed=$(xz -1 -T0 -c "$ldctl" | wc -c) || fail 'xz'
printf '    %s MB, %s MB by xz -1\n' $((size / 1000000)) $((packed / 1000000))
[ "$size" -le $((MOST_MB * 1000000)) ] || fail 'it is larger'
[ "$packed" -le $((MOST_PACKED_MB * 1000000)) ] || fail 'it is larger to download'

step 'needs no Node, and is what ldctl means in its sandbox'
bare "$ldctl" sandbox exec --work 200ms -- ldctl activities trigger iggy restart --yes >/dev/null 2>"$work/err" || fail "$(cat "$work/err")"
[[ $(bare "$ldctl" sandbox exec -- ldctl --version) == *' single-executable' ]] || fail 'its version does not say what it is'

step 'has its code compiled, on one processor too, and takes nothing from NODE_OPTIONS'
for pinned in "" "taskset -c 0"; do
  # shellcheck disable=SC2086
  said=$(bare NODE_OPTIONS='--require /nowhere --no-such-flag' PATH="$PATH" $pinned "$ldctl" --version 2>&1 >/dev/null) || fail "$said"
  [ -z "$said" ] || fail "$said"
done

step 'prints the scripts for shells of the package'
for shell in bash zsh fish powershell; do
  diff <(node bin/run.js completion "$shell") <("$ldctl" completion "$shell") || fail "completion in $shell"
done

export LDCTL_UNDER_TEST=$ldctl
if [ "${1:-}" != --all ]; then exec node scripts/mocha.js test/process/each-system.test.ts; fi
ignored=("${NOT_OF_IT[@]/%/.test.ts}")
exec node scripts/mocha.js --parallel --jobs 4 "${ignored[@]/#/--ignore=test/process/}" 'test/process/**/*.test.ts'
