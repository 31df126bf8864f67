#!/bin/sh
# Installs ldctl, one file that needs no Node, for the user who runs this: no sudo, nothing outside of one folder.
#
#   curl -fsSL …/releases/latest/download/install.sh | sh
#   … | sh -s -- --to /opt/tools --version v1.2.3
#
# LDCTL_INSTALL_URL, instead of the release: a folder of the web that has the archives and SHA256SUMS, such as a mirror.
set -eu

# A download that brings nothing for so many seconds is given up.
STALLED=30
# These are put in by scripts/release/make.js.
REPOSITORY=''
TARGETS='linux-x64 linux-arm64 darwin-x64 darwin-arm64'

main() {
  to="${HOME:-}/.local/bin" version=''
  while [ $# -gt 0 ]; do
    case $1 in
      --to | --version) [ -n "${2:-}" ] || stop "$1 needs a value" ;;
      -h | --help) usage && return ;;
      *) usage >&2 && exit 2 ;;
    esac
    if [ "$1" = --to ]; then to=$2; else version=$2; fi
    shift 2
  done
  [ "$to" != /.local/bin ] || stop 'HOME is not set; say where to: --to DIR'

  target=$(this_target)
  release=latest/download
  [ -z "$version" ] || release="download/v${version#v}"
  [ -n "$REPOSITORY${LDCTL_INSTALL_URL:-}" ] || stop 'this is the install.sh of a checkout; that of a release knows from where'
  from=${LDCTL_INSTALL_URL:-https://github.com/$REPOSITORY/releases/$release}
  archive="ldctl-$target.tar.xz"

  { have tar && have xz; } || [ "${target%%-*}" = darwin ] || stop 'tar and xz unpack it: install xz-utils (or xz)'
  have curl || have wget || stop 'neither curl nor wget is there to download it'
  have sha256sum || have shasum || stop 'neither sha256sum nor shasum is there to check it'
  { mkdir -p "$to" 2>/dev/null && [ -w "$to" ]; } || stop "$to cannot be written to; choose another folder with --to DIR"
  to=$(cd "$to" && pwd)
  [ ! -d "$to/ldctl" ] || stop "$to/ldctl is a folder; choose another place with --to DIR"
  work=$(mktemp -d)
  new="$to/.ldctl-new.$$"
  trap 'rm -rf "$work" "$new"' EXIT
  trap 'exit 1' HUP INT QUIT PIPE TERM

  say "downloading $from/$archive"
  download "$from/SHA256SUMS" "$work/SHA256SUMS"
  download "$from/$archive" "$work/$archive"
  check "$archive"
  tar -xJf "$work/$archive" -C "$work" || stop "$archive cannot be unpacked"

  # Beside the old one, tried, and only then in its place: a run meanwhile has the one or the other, whole.
  cp "$work/ldctl-$target/ldctl" "$new"
  chmod 755 "$new"
  said=$("$new" --version) || stop 'it was downloaded whole, and does not run here (the line above says why); nothing was changed'
  mv -f "$new" "$to/ldctl"
  say "installed $said as $to/ldctl"

  found=$(command -v ldctl || true)
  if [ -z "$found" ]; then
    say "$to is not on your PATH. In your shell's profile: export PATH=\"$to:\$PATH\""
  elif [ "$(cd "$(dirname "$found")" && pwd -P)" != "$(cd "$to" && pwd -P)" ]; then
    say "note: ldctl is $found, which comes first on your PATH"
  fi
}

say() { printf '%s\n' "$*" >&2; }
stop() { say "error: $*" && exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

usage() {
  cat <<EOF
usage: install.sh [--to DIR] [--version VERSION]
Installs ldctl into DIR (~/.local/bin unless given): VERSION, or the newest.
EOF
}

# The name of the build for this machine.
this_target() {
  system=$(uname -s) machine=$(uname -m)
  case $system in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) os=$system ;;
  esac
  case $machine in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) arch=$machine ;;
  esac
  # A shell that macOS translates says that it runs on Intel.
  [ "$os-$arch" != darwin-x64 ] || [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" != 1 ] || arch=arm64
  case " $TARGETS " in
    *" $os-$arch "*) ;;
    *) stop "there is no build for $system $machine, only for $TARGETS and Windows. With Node: npm install --global ldctl" ;;
  esac
  if [ "$os" = linux ] && ldd --version 2>&1 | grep -qi musl; then
    stop 'this system has musl in place of glibc, which the builds need. With Node: npm install --global ldctl'
  fi
  printf '%s\n' "$os-$arch"
}

# download URL FILE
download() {
  if have curl; then
    # A release is fetched by https only, wherever it is redirected to; a mirror as its address says.
    [ -n "${LDCTL_INSTALL_URL:-}" ] || set -- "$@" --proto '=https'
    url=$1 file=$2
    shift 2
    curl --fail --silent --show-error --location --retry 2 --connect-timeout 20 --speed-limit 1 --speed-time "$STALLED" "$@" --output "$file" "$url" || stop "$url could not be downloaded"
  else
    wget --quiet --tries=2 --timeout="$STALLED" --output-document="$2" "$1" || stop "$1 could not be downloaded"
  fi
}

# check FILE, in $work, against the line that SHA256SUMS has of it
check() {
  expected=$(awk -v file="$1" '$2 == file { print $1 }' "$work/SHA256SUMS")
  [ -n "$expected" ] || stop "SHA256SUMS says nothing of $1; nothing was installed"
  if have sha256sum; then
    sum=$(sha256sum <"$work/$1")
  else
    sum=$(shasum -a 256 <"$work/$1")
  fi
  sum=${sum%% *}
  [ "$sum" = "$expected" ] || stop "$1 is not what was released: its SHA-256 is $sum, and should be $expected; nothing was installed"
}

# At the end and in braces, so that a script that is cut off on its way does nothing.
{ main "$@"; exit; }
