#!/usr/bin/env bash
# What the demo shows; runs inside `ldctl sandbox exec`, which has put the key, the deployment and ldctl itself into
# the environment.
set -uo pipefail
read -ra nodes <<<"$LDCTL_SANDBOX_NODES"

bold='' dim='' plain=''
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] && bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
step() { printf '\n%s# %s%s\n%s$ %s%s\n' "$bold" "$1" "$plain" "$dim" "${*:2}" "$plain"; "${@:2}"; }
expect() { [ "$2" -eq "$1" ] || { printf 'the demo expected exit %s, and it was %s\n' "$1" "$2" >&2; exit 1; }; }

step 'Restart one node, and follow it to its end' ldctl activities trigger iggy restart --node "${nodes[0]}"
expect 0 $?
step 'Restart every node' ldctl activities trigger iggy restart --yes
expect 0 $?
step 'Start connectors that are running already: the node rejects it' \
  ldctl activities trigger connectors start --node "${nodes[1]}"
expect 3 $?
printf '\nexit code 3: a node rejected the action\n'
step 'What happened on this deployment' ldctl activities list --limit 8
expect 0 $?
