#!/usr/bin/env bash
# That the compiled code which Node keeps changes nothing but speed: whatever state it is in, every command prints what it
# prints with the same Node and the cache switched off, and ends as it does there.
# $1: a folder for scratch files. $2 and on: the bin folders of Nodes, the newest last. `ldctl` on the PATH is the installed one.
set -uo pipefail

# Root can write to what is read-only, so all of it is done as another user, who may not be able to read this file here.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
  own=$(mktemp -d -p "$1")
  trap 'rm -rf "$own"' EXIT
  cp "$0" "$own/check.sh"
  chown -R 65534:65534 "$own"
  cd "$own" && setpriv --reuid=65534 --regid=65534 --clear-groups bash check.sh "$own" "${@:2}"
  exit
fi

scratch=$(mktemp -d -p "$1")
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
step() { printf '  %s\n' "$1"; }

export HOME="$scratch/home" XDG_CACHE_HOME="$scratch/cache"
unset NODE_COMPILE_CACHE NODE_DISABLE_COMPILE_CACHE NODE_OPTIONS
mkdir "$HOME"
compiled="$XDG_CACHE_HOME/ldctl/compile-cache"
plain_path=$PATH
installed=$(dirname "$(dirname "$(readlink -f "$(command -v ldctl)")")")

nodes=("${@:2}")
keeping=()
for bin in "${nodes[@]}"; do
  if "$bin/node" -e 'process.exit(require("node:module").enableCompileCache ? 0 : 1)'; then keeping+=("$bin"); fi
done
if [ "${#keeping[@]}" -eq 0 ]; then
  step 'not tried: no Node that keeps compiled code could be had'
  exit
fi
newest=${keeping[-1]}
version() { "$1/node" --version; }
with() { export PATH="$1:$plain_path"; }

with "$newest"
node -p 'Object.keys(JSON.parse(fs.readFileSync(process.argv[1])).commands).map((id) => id.replaceAll(":", " ")).join("\n")' \
  "$installed/oclif.manifest.json" >"$scratch/commands"
grep -qx 'activities trigger' "$scratch/commands" || fail 'oclif.manifest.json does not name the commands'

# What is run besides --help, each file in a sandbox of its own.
cat >"$scratch/run.sh" <<'SH'
run() {
  printf '$ %s\n' "$*"
  ldctl "$@"
  printf 'exit %s\n' "$?"
}
SH
cat "$scratch/run.sh" - >"$scratch/looks.sh" <<'SH'
run --version
run help exit-codes
run whoami
run deployments list
for format in table json yaml csv ndjson; do run activities list -o "$format"; done
SH
cat "$scratch/run.sh" - >"$scratch/acts.sh" <<'SH'
set -- $LDCTL_SANDBOX_NODES
run activities trigger iggy restart --node "$1" --interval 100ms -o json
run activities wait "$(ldctl activities list --limit 1 -o csv --columns id --no-header)" --interval 100ms -o csv
run activities trigger connectors stop --yes --no-wait -o json
run activities trigger iggy restart --node ''
printf '%s' "$LD_API_KEY" | run profiles add me --tenant-id "$LD_TENANT_ID" --deployment sandbox --key-store file --api-key-stdin
run profiles list
run profiles update me --protected --no-verify
run profiles show me
run profiles use me
run profiles remove me --yes
SH

# Each command's --help: into a file each what is printed, on both streams, and the exit code. $1: the folder for them;
# $2: how many kB a file may have that ldctl writes.
helps() {
  mkdir -p "$1"
  xargs -P 2 -I{} bash -c '(ulimit -S -f "$3"; ldctl $2 --help; echo "exit $?") 2>&1 | cat >"$1/$2"' - "$1" {} "${2:-unlimited}" \
    <"$scratch/commands"
}

# Runs of $2.sh, without what differs each time: moments, how long it took, what is random, the sandbox's port.
runs() {
  ldctl sandbox exec --seed 7 --appear 20ms --work 100ms -- bash "$scratch/$2.sh" >"$scratch/$2.out" 2>"$1/$2.err" </dev/null
  printf 'exit %s\n' "$?" >>"$scratch/$2.out"
  sed -E -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.]+Z?/MOMENT/g' -e 's/in [0-9]+ days/in DAYS/' -e 's/(MOMENT,)[0-9.]+,/\1TOOK,/' \
    -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/' -e 's/"[0-9a-f]{32}"/REQUEST/' -e 's/127\.0\.0\.1:[0-9]+/HOST/' \
    "$scratch/$2.out" >"$1/$2"
  # What is said on stderr tells how often it looked, which differs.
  grep -E '^ +at |Warning:' "$1/$2.err" >>"$1/$2"
  rm "$1/$2.err"
}

everything() {
  mkdir -p "$1"
  runs "$1" acts &
  runs "$1" looks
  helps "$1"
  wait "$!"
}

# Where it lies what is right with the Node in this bin folder.
expected() { printf '%s/expected %s' "$scratch" "$(version "$1")"; }

# $1: the situation; $2: the bin folder of the Node; the rest: what to do in it, and its options.
right() {
  with "$2"
  rm -rf "$scratch/got"
  "$3" "$scratch/got" "${@:4}"
  # Where nothing but help was asked for, nothing but that is compared.
  local only=()
  [ "$3" = everything ] || only=(-x looks -x acts)
  diff -r "${only[@]}" "$(expected "$2")" "$scratch/got" >"$scratch/diff" && return
  head -40 "$scratch/diff"
  fail "$1, with Node $(version "$2")"
}

kept() { [ ! -d "$compiled" ] || find "$compiled" -type f "$@"; }
forget() { rm -rf "$XDG_CACHE_HOME"; }

step "what is right: the help of $(wc -l <"$scratch/commands") commands, and runs in sandboxes, without a cache"
export NODE_DISABLE_COMPILE_CACHE=1
for bin in "${nodes[@]}"; do
  with "$bin"
  if [ "$bin" = "$newest" ]; then everything "$(expected "$bin")"; else helps "$(expected "$bin")"; fi
  for file in "$(expected "$bin")"/*; do tail -n 1 "$file" | grep -qx 'exit 0' || fail "without a cache: $file"; done
done
unset NODE_DISABLE_COMPILE_CACHE
# The first of them may be one that cannot keep code; help is the same with all, but for the version of Node in one.
for bin in "${nodes[@]}"; do
  diff -r -x looks -x acts -x help "$(expected "${nodes[0]}")" "$(expected "$bin")" || fail 'help differs from Node to Node'
done
[ -z "$(kept)" ] || fail 'code was kept though that was switched off'
! grep -E '^exit [^02]|^ +at |Warning:' "$(expected "$newest")"/{looks,acts} || fail 'without a cache: a run in a sandbox'

step 'a disk that takes no more than the beginning of each file'
forget
right 'a full disk' "$newest" helps 2
[ -n "$(kept -size 2048c)" ] || fail 'nothing was cut off'
always=$(kept -printf '%P\n')
right 'after a full disk' "$newest" helps

step "a cold cache and a warm one, with Node$(for bin in "${nodes[@]}"; do printf ' %s' "$(version "$bin")"; done) in turn"
forget
right 'a cold cache' "$newest" everything
for bin in "${nodes[@]}"; do [ "$bin" = "$newest" ] || right 'the cold cache of another Node' "$bin" helps; done
[ "$(stat -c %a "$compiled")" = 700 ] || fail "others can enter $compiled"
[ "$(kept -printf '%h\n' | sort -u | wc -l)" -eq "${#keeping[@]}" ] || fail "not every Node kept code: $(ls "$compiled")"
kept | sort >"$scratch/cold"
touch "$scratch/then"
right 'a warm cache' "$newest" everything
for bin in "${keeping[@]}"; do [ "$bin" = "$newest" ] || right 'the warm cache of several Nodes' "$bin" helps; done
again=$(kept -newer "$scratch/then" | sort | comm -12 - "$scratch/cold")
[ -z "$again" ] || fail "a warm cache was not used, but written anew: $again"

# What becomes of a file ($1) of this size ($2). That a byte in the middle is another, only a checksum tells.
cut_in_half() { truncate -s "$(($2 / 2))" "$1"; }
made_random() { head -c "$2" /dev/urandom >"$1"; }
changed_by_a_byte() {
  local at=$(($2 / 2)) byte
  byte=$(od -An -tu1 -j "$at" -N 1 "$1")
  printf "\\x$(printf %x "$((byte ^ 1))")" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}
cp -a "$compiled" "$scratch/whole"
for damage in cut_in_half made_random changed_by_a_byte; do
  step "a damaged cache: each file ${damage//_/ }"
  rm -rf "$compiled" "$scratch/damaged"
  cp -a "$scratch/whole" "$compiled"
  kept -printf '%s %p\n' | while read -r size file; do "$damage" "$file" "$size"; done
  cp -a "$compiled" "$scratch/damaged"
  what=everything
  [ "$damage" != made_random ] || what=helps
  right "each file ${damage//_/ }" "$newest" "$what"
  # Node writes anew what it finds damaged.
  for file in $always; do ! cmp -s "$compiled/$file" "$scratch/damaged/$file" || fail "not noticed: $file"; done
done

step 'of each command 20 starts at once, on a cold cache'
mkdir "$scratch/crowd"
while read -r command; do
  forget
  for i in {1..20}; do
    # A command may be two words.
    { ldctl $command --help; echo "exit $?"; } >"$scratch/crowd/$i" 2>&1 </dev/null &
  done
  wait
  for i in {1..20}; do cmp "$(expected "$newest")/$command" "$scratch/crowd/$i" || fail "20 starts at once: $command"; done
  [ -n "$(kept)" ] || fail "20 starts at once kept nothing: $command"
done <"$scratch/commands"
forget
cat >"$scratch/crowd.sh" <<'SH'
NODE_DISABLE_COMPILE_CACHE=1 ldctl activities list -o csv >"$1/right" || exit
for i in {1..20}; do ldctl activities list -o csv >"$1/$i" 2>&1 & done
wait
for i in {1..20}; do cmp "$1/right" "$1/$i" || exit; done
SH
ldctl sandbox exec -- bash "$scratch/crowd.sh" "$scratch/crowd" || fail '20 lists at once'

export HOME="$scratch/read-only"
unset XDG_CACHE_HOME
mkdir "$HOME"
chmod a-w "$HOME"
if [ -w "$HOME" ]; then
  step 'a read-only home was not tried: that takes another user than root, or setpriv'
  exit
fi
step 'a read-only home: an empty one, and one with half a cache'
right 'a read-only home' "$newest" everything
chmod u+w "$HOME"
mkdir -p "$HOME/.cache/ldctl"
cp -a "$scratch/whole" "$HOME/.cache/ldctl/compile-cache"
find "$HOME" -type f -name '*[0-7]' -delete
chmod -R a-w "$HOME"
right 'a read-only home with half a cache' "$newest" helps
