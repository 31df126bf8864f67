#!/usr/bin/env bash
# The package as strangers get it: packed, installed from its tarball into an empty folder without running any install
# script, led through the docs, and used with every Node that it is said to work with, each alone and all with one cache of
# compiled code. Ends with 2 when none of them could be had.
set -uo pipefail
cd "$(dirname "$0")/.." || exit

# The lowest that `engines` allows, one without `process.getBuiltinModule`, and the lines that are kept up.
VERSIONS=(20.19.0 22.0.0 22 24 26)

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
npm_quietly() { npm --silent --no-audit --no-fund --no-update-notifier "$@"; }

tarball="$work/$(npm_quietly pack --ignore-scripts --pack-destination "$work")" || fail 'npm pack'
stray=$(tar -tzf "$tarball" | grep -vE '^package/(dist/|docs/|schemas/|completions/|bin/(run\.js|node-version\.js|package\.json)$|oclif\.manifest\.json$|package\.json$|(README|CHANGELOG|CONTRIBUTING)\.md$|LICENSE$|THIRD-PARTY-NOTICES$)')
[ -z "$stray" ] || fail "in the package, and not meant to be: $stray"
[ "$(tar -tzf "$tarball" | grep -cE '^package/(bin/run\.js|dist/main\.cjs|LICENSE|schemas/activity\.schema\.json)$')" -ge 3 ] || fail 'the package lacks files'

prefix="$work/a place with spaces"
npm_quietly install --global --ignore-scripts --prefix "$prefix" "$tarball" || fail 'npm install of the tarball'
chmod -R a+rX,a-w "$prefix"
chmod a+rx "$work"
packages=$(npm_quietly ls --global --all --parseable --prefix "$prefix" | tail -n +2 | sort -u | wc -l)
printf 'packed %s kB; installed %s MB in %s packages\n' \
  "$(($(wc -c <"$tarball") / 1024))" "$(du -sm "$prefix" | cut -f1)" "$packages"

echo 'the shell blocks of README and docs, with the installed ldctl:'
LDCTL_UNDER_TEST="$prefix/lib/node_modules/ldctl/bin/run.js" node node_modules/mocha/bin/mocha.js test/acceptance/docs.test.ts ||
  fail 'the docs, with the installed ldctl'

# Which Node, into its own folder: the package that holds its binary, which needs no install script either.
platform=$(node -p '`${process.platform === "win32" ? "win" : process.platform}-${process.arch}`')
get_node() { npm_quietly install --ignore-scripts --prefix "$work/node-$1" "node-$platform@$1" >/dev/null 2>&1; }

checked=0
missed=()
bins=()
for version in "${VERSIONS[@]}"; do
  if ! get_node "$version"; then
    missed+=("$version")
    continue
  fi
  bin="$work/node-$version/node_modules/node-$platform/bin"
  chmod -R a+rX "$work/node-$version"
  printf 'Node %s:\n' "$("$bin/node" --version)"
  PATH="$bin:$prefix/bin:$PATH" bash scripts/check-nodes-steps.sh "$work" || fail "with Node $version"
  checked=$((checked + 1))
  bins+=("$bin")
done
if [ "$checked" -gt 0 ]; then
  echo 'code that Node keeps compiled:'
  PATH="$prefix/bin:$PATH" bash scripts/check-compile-cache.sh "$work" "${bins[@]}" || fail 'with the compile cache'
fi

[ "${#missed[@]}" -eq 0 ] || printf 'not checked, since they could not be had: Node %s\n' "${missed[*]}"
[ "$checked" -gt 0 ] || exit 2
printf 'ok: %s of %s versions of Node\n' "$checked" "${#VERSIONS[@]}"
