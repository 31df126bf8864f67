#!/usr/bin/env bash
# The single executable (docs/binary.md): that it can be made, what it weighs, that it needs no Node and holds nothing of
# the machine that made it, and that it does what the package does, by the acceptance tests. Ends with 2 when a package that
# it is made of could not be had. Needs the built bin.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

MOST_MB=135
MOST_PACKED_MB=35
STARTS=200
# Two that look at the files that a Node loads, and it loads none; and some that start no ldctl.
NOT_OF_IT=(start profile-bench pictures profile-store source-stack docs-types)

fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
step() { printf '  %s\n' "$1"; }

node scripts/binary.js || exit
ldctl=$PWD/build/ldctl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Without anything of whoever runs this; what a script in it needs is in $TOOLS.
bare() { env -i HOME="$work" TMPDIR="$work" PATH=/nowhere TOOLS="$PATH" "$@"; }
in_sandbox() { bare "${@:2}" "$ldctl" sandbox exec --seed 1 --work 200ms -- "$BASH" -c "PATH=\$PATH:\$TOOLS; $1"; }

step "is at most $MOST_MB MB, and $MOST_PACKED_MB MB to download"
size=$(wc -c <"$ldctl")
packed=$(xz -T0 -c "$ldctl" | wc -c) || fail 'xz'
printf '    %s MB, %s MB\n' $((size / 1000000)) $((packed / 1000000))
[ "$size" -le $((MOST_MB * 1000000)) ] || fail 'it is larger'
[ "$packed" -le $((MOST_PACKED_MB * 1000000)) ] || fail 'it is larger to download'

step 'needs no Node, and is what ldctl means in its sandbox'
bare "$ldctl" sandbox exec --work 200ms -- ldctl activities trigger iggy restart --yes >/dev/null 2>"$work/err" || fail "$(cat "$work/err")"
[[ $(bare "$ldctl" sandbox exec -- ldctl --version) == *' single-executable' ]] || fail 'its version does not say what it is'

step "has $STARTS keys in $STARTS starts"
# shellcheck disable=SC2016
keys=$(in_sandbox "seq $STARTS | xargs -P 4 -I{} ldctl activities trigger iggy restart --yes --no-wait -o ndjson" 2>"$work/err" |
  grep -o '"idempotency_key":"[^"]*"' | sort -u | wc -l)
[ "$keys" -eq "$STARTS" ] || fail "$keys keys: $(tail -n 3 "$work/err")"

step 'takes time zone, language and environment from its start'
list='ldctl activities list --limit 1 --columns created --no-header | cut -d" " -f2 | cut -d: -f1'
read -rd '' utc tokyo < <(in_sandbox "TZ=UTC $list; TZ=Asia/Tokyo $list") || true
[ "$tokyo" = "$(printf '%02d' $(((10#$utc + 9) % 24)))" ] || fail "at $utc by UTC it is $tokyo in Tokyo"
mark() { in_sandbox 'ldctl activities trigger iggy restart --yes 2>&1 >/dev/null | tail -n 1' "LC_ALL=$1"; }
[[ $(mark C) != *✓* && $(mark C.UTF-8) == *✓* ]] || fail 'the language is not that of the start'
# shellcheck disable=SC2016
[ "$(in_sandbox 'echo "$LDCTL_MARK"' LDCTL_MARK=here)" = here ] || fail 'the environment is not that of the start'

step 'says nothing of its own of a flag for V8'
said=$(bare NODE_OPTIONS=--stack-trace-limit=50 "$ldctl" --version 2>&1 >/dev/null)
[ -z "$said" ] || fail "$said"

mkdir "$work/noexec"
if unshare --mount mount -t tmpfs -o noexec tmpfs "$work/noexec" 2>/dev/null; then
  step 'says where it can load no native code, and asks for another place for the key'
  # shellcheck disable=SC2016
  add='printf "%s" "$LD_API_KEY" | TMPDIR=$NOEXEC ldctl profiles add me --tenant-id "$LD_TENANT_ID" --deployment sandbox --api-key-stdin'
  # shellcheck disable=SC2016
  said=$(HOME="$work" NOEXEC="$work/noexec" unshare --mount bash -c \
    'mount -t tmpfs -o noexec tmpfs "$NOEXEC" && exec "$0" sandbox exec -- bash -c "$1"' "$ldctl" "$add" 2>&1)
  [[ $said == *'does not load here'*--key-store\ file* ]] || fail "$said"
else
  step 'not tried without a place for native code: that takes the right to mount one'
fi

step 'shows the help of the package, its man page, and its scripts for shells'
help_of() { "$@" --help | grep -v " node-v"; }
commands=$(node -p "Object.keys(require('./oclif.manifest.json').commands).map((id) => id.replaceAll(':', '_')).join(' ')")
for command in $commands; do
  read -ra words <<<"${command//_/ }"
  diff <(help_of node bin/run.js "${words[@]}") <(help_of "$ldctl" "${words[@]}") || fail "help of ${words[*]}"
done
for shell in bash zsh fish powershell; do
  diff <(node bin/run.js completion "$shell") <("$ldctl" completion "$shell") || fail "completion in $shell"
done
diff man/ldctl.1 <("$ldctl" help --man) || fail 'the man page'

step 'does what the acceptance tests say'
ignored=("${NOT_OF_IT[@]/%/.test.ts}")
LDCTL_UNDER_TEST=$ldctl node node_modules/mocha/bin/mocha.js --parallel --jobs 4 "${ignored[@]/#/--ignore=test/acceptance/}" 'test/acceptance/**/*.test.ts'
