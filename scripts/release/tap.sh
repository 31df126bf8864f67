#!/usr/bin/env bash
# Puts the formula of a release into the Homebrew tap, which may be empty, or have it already: tap.sh FORMULA VERSION REPOSITORY
# The token that may write there is in TAP_TOKEN.
set -euo pipefail
formula=$(realpath "$1") version=$2 repository=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_TERMINAL_PROMPT=0
# shellcheck disable=SC2016 # git has a shell run it
git=(git -c credential.helper='!f() { echo username=x-access-token; echo "password=$TAP_TOKEN"; }; f'
  -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com')

"${git[@]}" clone --quiet "$repository" "$work/tap"
cd "$work/tap"
mkdir -p Formula
cp "$formula" Formula/ldctl.rb
git add Formula/ldctl.rb
# A second run of the job has nothing to add.
! git diff --cached --quiet || exit 0
"${git[@]}" commit --quiet -m "ldctl $version"
"${git[@]}" push --quiet origin HEAD
