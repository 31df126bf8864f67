#!/usr/bin/env bash
# Makes the release on GitHub, of files that are there already: github.sh TAG NOTES FILE…
# It stays a draft until every file is uploaded, so nobody sees half of it, and the job can be run again.
set -euo pipefail
tag=$1 notes=$2
shift 2

draft=$(gh release view "$tag" --json isDraft --jq .isDraft 2>/dev/null) || draft=''
case $draft in
  false)
    echo "$tag is released already"
    exit 0
    ;;
  '')
    kind=()
    case $tag in *-*) kind=(--prerelease) ;; esac
    gh release create "$tag" --verify-tag --draft --title "$tag" --notes-file "$notes" ${kind[@]+"${kind[@]}"}
    ;;
esac
gh release upload "$tag" --clobber "$@"
gh release edit "$tag" --draft=false
