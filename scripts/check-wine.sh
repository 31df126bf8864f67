#!/usr/bin/env bash
# Windows, under Wine: `npm run test:portable` with the Node of Windows, and the executable: it starts, a
# sandbox knows it as ldctl, the keyring of Windows keeps a key. On Debian, as root, it installs Wine. Ends with 77, and the reason in the last
# line, where something could not be had. Needs the built bin. Wine gives a program no pipe for its output: files it does.
set -euo pipefail
cd "$(dirname "$0")/.."

bash scripts/install-programs.sh check:wine wine=wine
node scripts/binary.js --target win32-x64 || exit
windows_node=$(node scripts/binary.js --target win32-x64 --print-node)
cli_of_npm=$(realpath "$(type -P npm)")

scratch=$(mktemp -d)
trap 'WINEPREFIX=$scratch/prefix wineserver -k 2>/dev/null || true; rm -rf "$scratch"' EXIT
export WINEPREFIX=$scratch/prefix WINEPATH='C:\' WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=' XDG_RUNTIME_DIR=$scratch
unset DISPLAY SHELL TERM "${!npm_@}"
wine wineboot --init >/dev/null 2>&1 || true
drive=$WINEPREFIX/drive_c
cp build/ldctl.exe "$drive/ldctl.exe"
cp "$windows_node" "$drive/node.exe"

# run NAME EXPECTED_STATUS PROGRAM ARGUMENT…
run() {
  local name=$1 expected=$2 status=0 started=$SECONDS
  shift 2
  timeout 1800 wine "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
  [ "$status" -eq "$expected" ] || { echo "$name: ended with $status"; cat "$scratch/out" "$scratch/err"; exit 1; }
  echo "✓ $name ($((SECONDS - started)) s)"
}
ldctl() { run "$1" "$2" 'C:\ldctl.exe' "${@:3}"; }
script() { sed 's/$/\r/' >"$drive/$1.cmd"; } # NAME: a batch file, of stdin

ldctl 'says its version' 0 --version
grep -q 'win32-x64 .* single-executable' "$scratch/out"
ldctl 'a trigger in a sandbox' 0 sandbox exec --work 50ms -- ldctl activities trigger iggy restart --yes -o json
grep -q '"outcome": "completed"' "$scratch/out"
script keyring <<'CMD'
@call ldctl profiles add k --key-store keyring || exit /b 11
@set LD_API_KEY=
@call ldctl activities list --limit 1 --profile k || exit /b 12
@call ldctl profiles remove k --yes || exit /b 13
@if exist "%LDCTL_CONFIG_DIR%\config.json" findstr /c:"\"k\"" "%LDCTL_CONFIG_DIR%\config.json" >nul && exit /b 14
@exit /b 0
CMD
ldctl 'the keyring of Windows keeps a key' 0 sandbox exec --work 50ms -- cmd /c 'C:\keyring.cmd'

# A checkout on Windows, with npm as Windows has it: a batch file.
mkdir "$drive/checkout"
git ls-files -z | xargs -0 cp --parents -t "$drive/checkout" 2>/dev/null || true
cd "$drive/checkout"
npm ci --os=win32 --cpu=x64 --ignore-scripts --no-bin-links --loglevel error >/dev/null || { echo 'the packages for Windows could not be had'; exit 77; }
script npm <<<"@\"C:\\node.exe\" \"Z:${cli_of_npm//\//\\}\" %*"
run 'npm links the programs of the packages' 0 cmd /c npm rebuild --ignore-scripts
run 'npm run test:portable' 0 cmd /c npm run test:portable
grep -E '^ +[0-9]+ (passing|pending)' "$scratch/out"
