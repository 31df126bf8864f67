#!/usr/bin/env bash
# For the checks: has programs there, by Debian's packages: `install-programs.sh CHECK PROGRAM=PACKAGE…`. A path as
# PROGRAM is a file. Ends with 77, and the reason in the last line, where they cannot be had.
set -euo pipefail
check=$1
shift

lacking() { for one in "$@"; do [[ ${one%%=*} == /* && -e ${one%%=*} ]] || type -P "${one%%=*}" >/dev/null || echo "${one##*=}"; done; }
could_not() { printf '%s could not run: %s\n' "$check" "$1" >&2; exit 77; }

mapfile -t packages < <(lacking "$@" | sort -u)
[ "${#packages[@]}" -gt 0 ] || exit 0
type -P apt-get >/dev/null || could_not "${packages[*]} must be installed, and there is no apt-get"
[ "$(id -u)" -eq 0 ] || could_not "${packages[*]} must be installed, and only root may do it"
echo "installing ${packages[*]}"
{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"; } \
  >/dev/null 2>&1 || could_not "${packages[*]} could not be installed"
mapfile -t packages < <(lacking "$@")
[ "${#packages[@]}" -eq 0 ] || could_not "${packages[*]} was installed, and lacks what it is for"
