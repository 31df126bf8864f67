#!/usr/bin/env bash
# Publishes the package of a release, unless npm has this very one already: npm.sh TARBALL VERSION
# So the job can be run again after it stopped half way. npm keeps a version as it was first published.
set -euo pipefail
tarball=$1 version=$2

published=$(npm view "ldctl@$version" dist.integrity 2>/dev/null) || published=''
if [ -n "$published" ]; then
  ours=$(node -p '"sha512-" + crypto.createHash("sha512").update(fs.readFileSync(process.argv[1])).digest("base64")' "$tarball")
  [ "$published" = "$ours" ] || { echo "::error::npm has another ldctl@$version ($published, not $ours): release a new version"; exit 1; }
  echo "npm has ldctl@$version already"
  exit 0
fi
# A hyphen makes it a candidate.
case $version in *-*) tag=next ;; *) tag=latest ;; esac
npm publish "$tarball" --provenance --access public --ignore-scripts --tag "$tag"
