#!/usr/bin/env bash
# Moves the tag that workflows name the action by, such as v1 in `uses: …/ldctl@v1`, to a release: action-tag.sh TAG COMMIT
set -euo pipefail
tag=$1 commit=$2 moving=${1%%.*}

# A candidate is named by its whole version.
case $tag in *-*) exit 0 ;; esac
# The job of an older release may be run again.
newest=$(gh release view --json tagName --jq .tagName)
[ "$newest" = "$tag" ] || { echo "$moving stays with $newest" && exit 0; }
gh api --silent --method PATCH "repos/{owner}/{repo}/git/refs/tags/$moving" -f sha="$commit" -F force=true ||
  gh api --silent --method POST "repos/{owner}/{repo}/git/refs" -f ref="refs/tags/$moving" -f sha="$commit"
