#!/usr/bin/env bash
# The single executable: that it can be made, what it weighs, that it needs no Node, and that it does what the package does, by
# test/acceptance/each-system.test.ts; with --all by all acceptance tests, which is for the night. Ends with 2 when a package that
# it is made of could not be had. Needs the built bin.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

MOST_MB=135
MOST_PACKED_MB=35
STARTS=50
# It looks at the files that a Node loads, of which there are none.
NOT_OF_IT=(start)

fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
step() { printf '  %s\n' "$1"; }

bash scripts/install-programs.sh check:binary xz=xz-utils || exit
node scripts/binary.js || exit
ldctl=$PWD/build/ldctl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# With nothing of the environment here; what a script in it needs is in $TOOLS.
bare() { env -i HOME="$work" TMPDIR="$work" PATH=/nowhere TOOLS="$PATH" "$@"; }
in_sandbox() { bare "${@:2}" "$ldctl" sandbox exec --seed 1 --work 200ms -- "$BASH" -c "PATH=\$PATH:\$TOOLS; $1"; }

step "is at most $MOST_MB MB, and $MOST_PACKED_MB MB to download"
size=$(wc -c <"$ldctl")
packed=$(xz -1 -T0 -c "$ldctl" | wc -c) || fail 'xz'
printf '    %s MB, %s MB by xz -1\n' $((size / 1000000)) $((packed / 1000000))
[ "$size" -le $((MOST_MB * 1000000)) ] || fail 'it is larger'
[ "$packed" -le $((MOST_PACKED_MB * 1000000)) ] || fail 'it is larger to download'

step 'needs no Node, and is what ldctl means in its sandbox'
bare "$ldctl" sandbox exec --work 200ms -- ldctl activities trigger iggy restart --yes >/dev/null 2>"$work/err" || fail "$(cat "$work/err")"
[[ $(bare "$ldctl" sandbox exec -- ldctl --version) == *' single-executable' ]] || fail 'its version does not say what it is'

step "has $STARTS keys in $STARTS starts: it keeps nothing of when it was made"
# shellcheck disable=SC2016
keys=$(in_sandbox "seq $STARTS | xargs -P 4 -I{} ldctl activities trigger iggy restart --yes --no-wait -o ndjson" 2>"$work/err" |
  grep -o '"idempotency_key":"[^"]*"' | sort -u | wc -l)
[ "$keys" -eq "$STARTS" ] || fail "$keys keys: $(tail -n 3 "$work/err")"

step 'has its code compiled, on one processor too, and takes nothing from NODE_OPTIONS'
for pinned in "" "taskset -c 0"; do
  # shellcheck disable=SC2086
  said=$(bare NODE_OPTIONS='--require /nowhere --no-such-flag' PATH="$PATH" $pinned "$ldctl" --version 2>&1 >/dev/null) || fail "$said"
  [ -z "$said" ] || fail "$said"
done

mkdir "$work/noexec"
if unshare --mount mount -t tmpfs -o noexec tmpfs "$work/noexec" 2>/dev/null; then
  step 'says where it can load no native code, and asks for another place for the key'
  # shellcheck disable=SC2016
  add='printf "%s" "$LD_API_KEY" | TMPDIR=$NOEXEC ldctl profiles add me --tenant-id "$LD_TENANT_ID" --deployment sandbox --api-key-stdin'
  # shellcheck disable=SC2016
  said=$(HOME="$work" NOEXEC="$work/noexec" unshare --mount bash -c \
    'mount -t tmpfs -o noexec tmpfs "$NOEXEC" && exec "$0" sandbox exec -- bash -c "$1"' "$ldctl" "$add" 2>&1)
  [[ $said == *'the keyring cannot be used'*--key-store\ file* ]] || fail "$said"
else
  step 'not tried without a place for native code: that takes the right to mount one'
fi

step 'shows the help of the package, and its scripts for shells'
help_of() { "$@" --help | grep -v " node-v"; }
commands=$(node -p "Object.keys(require('./oclif.manifest.json').commands).map((id) => id.replaceAll(':', '_')).join(' ')")
for command in $commands; do
  read -ra words <<<"${command//_/ }"
  diff <(help_of node bin/run.js "${words[@]}") <(help_of "$ldctl" "${words[@]}") || fail "help of ${words[*]}"
done
for shell in bash zsh fish powershell; do
  diff <(node bin/run.js completion "$shell") <("$ldctl" completion "$shell") || fail "completion in $shell"
done

export LDCTL_UNDER_TEST=$ldctl
if [ "${1:-}" != --all ]; then exec node node_modules/mocha/bin/mocha.js test/acceptance/each-system.test.ts; fi
ignored=("${NOT_OF_IT[@]/%/.test.ts}")
exec node node_modules/mocha/bin/mocha.js --parallel --jobs 4 "${ignored[@]/#/--ignore=test/acceptance/}" 'test/acceptance/**/*.test.ts'
