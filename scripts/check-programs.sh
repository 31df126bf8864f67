#!/usr/bin/env bash
# What a fresh machine has no programs for: completion in zsh and fish, readers of other languages, the blocks of the docs
# that use jq, and install.sh. Needs the built bin; as root, on Debian, it installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

bash scripts/install-programs.sh check:programs zsh=zsh fish=fish jq=jq python3=python3 sqlite3=sqlite3 curl=curl \
  xz=xz-utils awk=mawk /usr/lib/python3/dist-packages/yaml=python3-yaml

# The Python that the system has its packages for comes first.
export PATH="/usr/bin:$PATH"
LDCTL_TEST_SHELLS='zsh fish' LDCTL_TEST_NEEDS=1 node scripts/mocha.js --parallel --jobs 2 test/process/completion.test.ts \
  test/process/docs.test.ts test/repo/checks/{readers,export,install-script}.test.ts
