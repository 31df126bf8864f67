#!/usr/bin/env bash
# The main job in half a minute: a sandbox comes up, actions are triggered and followed, the log is listed.
set -euo pipefail
cd "$(dirname "$0")/.."
exec node bin/run.js sandbox exec -- bash scripts/demo-steps.sh
