#!/usr/bin/env bash
# The package, packed and installed into an empty folder, with every Node that it is said to work with: what a user does first, each
# with its exit code. Ends with 77 when none of the Nodes could be had.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

# The lowest that `engines` allows, one without `process.getBuiltinModule`, and the lines that are kept up.
VERSIONS=(20.19.0 22.0.0 22 24 26)

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
fail() { printf 'FAILED: %s\n' "$*"; cat "$work/err" 2>/dev/null; exit 1; }
npm_quietly() { npm --silent --no-audit --no-fund --no-update-notifier "$@"; }

# Runs a command, and wants this exit code of it.
wants() {
  local code=$1 got=0
  shift
  "$@" >"$work/out" 2>"$work/err" || got=$?
  [ "$got" -eq "$code" ] || fail "$* ended with $got, not $code"
  ! grep -qE '^ +at |Warning:' "$work/err" || fail "$* printed a stack or a warning of Node"
}
printed() { grep -qE -- "$1" "$work/out" || fail "not printed: $1"; }

tarball="$work/$(npm_quietly pack --ignore-scripts --pack-destination "$work")" || fail 'npm pack'
prefix="$work/a place with spaces"
npm_quietly install --global --ignore-scripts --prefix "$prefix" "$tarball" || fail 'npm install of the tarball'
lib="$prefix/lib/node_modules/ldctl"
chmod -R a+rX,a-w "$prefix"
mkdir "$work/home"
export HOME="$work/home" XDG_CACHE_HOME="$work/home/cache"

# shellcheck disable=SC2016
profile='printf "%s" "$LD_API_KEY" |
  ldctl profiles add me --tenant-id "$LD_TENANT_ID" --deployment sandbox --key-store file --api-key-stdin || exit
unset LD_API_KEY
ldctl activities list --profile me && ldctl profiles remove me --yes'
mkdir -p "$work/home/program/node_modules"
ln -s "$lib" "$work/home/program/node_modules/ldctl"
cat >"$work/home/program/main.mjs" <<'JS'
import { connect } from 'ldctl';
import { startSandbox } from 'ldctl/sandbox';
const { supervisorUrl, deploymentId, apiKey, record, stop } = await startSandbox({ appearMs: 0, workMs: 50, dropPosts: 1 });
const { outcome } = await connect({ supervisorUrl, deploymentId, apiKey }).trigger({ runtime: 'iggy', action: 'restart' });
await stop();
if (outcome !== 'completed' || record.dispatches.length !== 1) process.exit(8);
JS

with_this_node() {
  wants 0 ldctl --version
  printed '^ldctl/[0-9]'
  wants 2 ldctl activities trigger iggy restart --node ''
  wants 0 ldctl sandbox exec --work 200ms -- ldctl activities trigger iggy restart --yes -o json
  printed '"outcome": "completed"'
  wants 3 ldctl sandbox exec --work 200ms --reject 2 -- ldctl activities trigger iggy restart --yes
  wants 0 ldctl sandbox exec --history 1500 -- ldctl activities list --limit 0 -o ndjson
  [ "$(wc -l <"$work/out")" -eq 1500 ] || fail 'a long log is not whole'
  wants 0 ldctl sandbox exec -- sh -c "$profile"
  wants 0 env -u HOME -u XDG_CACHE_HOME ldctl sandbox exec -- ldctl activities list --limit 1
  wants 0 node "$work/home/program/main.mjs"
}

# Each Node into its own folder: the package that holds its program, which needs no install script either.
platform=$(node -p 'process.platform + "-" + process.arch')
checked=0
missed=()
for version in "${VERSIONS[@]}"; do
  if ! npm_quietly install --ignore-scripts --prefix "$work/node-$version" "node-$platform@$version" >/dev/null 2>&1; then
    missed+=("$version")
    continue
  fi
  bin="$work/node-$version/node_modules/node-$platform/bin"
  chmod -R a+rX "$work/node-$version"
  (PATH="$bin:$prefix/bin:$PATH" && with_this_node) || exit 1
  printf 'Node %s: ok\n' "$("$bin/node" --version)"
  checked=$((checked + 1))
done

[ "${#missed[@]}" -eq 0 ] || printf 'not checked, since they could not be had: Node %s\n' "${missed[*]}"
[ "$checked" -gt 0 ] || exit 77
printf 'ok: %s of %s versions of Node\n' "$checked" "${#VERSIONS[@]}"
