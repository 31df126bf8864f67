#!/usr/bin/env bash
# What check-nodes.sh checks with each Node; `ldctl` on the PATH is the installed one. $1: a folder for scratch files.
set -uo pipefail

scratch=$(mktemp -d -p "$1")
chmod 777 "$scratch"
trap 'rm -rf "$scratch"' EXIT
export HOME="$scratch"
fail() { printf 'FAILED: %s\n' "$*"; cat "$scratch/err" 2>/dev/null; exit 1; }
step() { printf '  %s\n' "$1"; }

# Runs a command, and wants this exit code of it.
wants() {
  local code=$1 got
  shift
  "$@" >"$scratch/out" 2>"$scratch/err"
  got=$?
  [ "$got" -eq "$code" ] || fail "$* ended with $got, not $code"
  ! grep -qE '^ +at |Warning:' "$scratch/err" || fail "$* printed a stack or a warning of Node"
}
printed() { grep -qE -- "$1" "$scratch/out" || fail "not printed: $1"; }

step 'tells its version, and help'
wants 0 ldctl --version
printed '^ldctl/[0-9]'
wants 0 ldctl activities trigger --help
printed '--idempotency-key'
wants 2 ldctl activities trigger iggy restart --node ''

step 'acts, follows, and lists, each with its exit code'
wants 0 ldctl sandbox exec --work 200ms -- ldctl activities trigger iggy restart --yes -o json
printed '"outcome": "completed"'
wants 3 ldctl sandbox exec --work 200ms --reject 2 -- ldctl activities trigger iggy restart --yes
wants 0 ldctl sandbox exec -- ldctl activities list -o yaml
printed 'id: [0-9]{19}'
wants 0 ldctl sandbox exec -- ldctl activities list -o csv
wants 0 ldctl sandbox exec -- ldctl whoami
wants 0 ldctl sandbox exec --history 1500 -- ldctl activities list --limit 0 -o ndjson
[ "$(wc -l <"$scratch/out")" -eq 1500 ] || fail 'a long log is not whole'
[ ! -s "$scratch/err" ] || fail 'a long log: something was said on stderr'

step 'keeps a profile, and its key in a file'
cat >"$scratch/profile.sh" <<'SH'
printf '%s' "$LD_API_KEY" |
  ldctl profiles add me --tenant-id "$LD_TENANT_ID" --deployment sandbox --key-store file --api-key-stdin || exit
unset LD_API_KEY
ldctl activities list --profile me && ldctl profiles remove me --yes
SH
wants 0 ldctl sandbox exec -- sh "$scratch/profile.sh"

step 'without a HOME, and with one that cannot be written'
wants 0 env -u HOME ldctl sandbox exec -- ldctl activities list --limit 1
wants 0 env HOME=/nonexistent ldctl sandbox exec -- ldctl activities list --limit 1

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
  step 'as a user who may not write where it is installed, and whom the system does not even know'
  for user in 65534 54321; do
    wants 0 setpriv --reuid="$user" --regid="$user" --clear-groups env -u HOME ldctl sandbox exec --work 200ms -- \
      ldctl activities trigger iggy restart --yes
  done
else
  step 'not tried as another user: that takes root and setpriv'
fi

step 'as a library, with its types'
lib=$(dirname "$(dirname "$(readlink -f "$(command -v ldctl)")")")
mkdir -p "$scratch/program/node_modules"
ln -s "$lib" "$scratch/program/node_modules/ldctl"
cat >"$scratch/program/main.mjs" <<'JS'
import { connect } from 'ldctl';
import { ApiError, SupervisorApi } from 'ldctl/client';
import { startSandbox } from 'ldctl/sandbox';
const { LD_SUPERVISOR_URL: url, LD_API_KEY: apiKey, LD_DEPLOYMENT_ID: id } = process.env;
const page = await new SupervisorApi({ url, apiKey }).list(BigInt(id), { page: 1, results: 3 });
const refused = await new SupervisorApi({ url, apiKey: `${apiKey}x` }).list(BigInt(id), { page: 1, results: 3 }).catch((error) => error);
if (page.items.length !== 3 || !(refused instanceof ApiError)) process.exit(9);
const { supervisorUrl, deploymentId, apiKey: key, record, stop } = await startSandbox({ appearMs: 0, workMs: 50, dropPosts: 1 });
const { outcome } = await connect({ supervisorUrl, deploymentId, apiKey: key }).trigger({ runtime: 'iggy', action: 'restart' });
await stop();
if (outcome !== 'completed' || record.dispatches.length !== 1) process.exit(8);
JS
wants 0 ldctl sandbox exec -- node "$scratch/program/main.mjs"
[ -e "$lib/dist/types/api/index.d.ts" ] || fail 'the library has no types'
