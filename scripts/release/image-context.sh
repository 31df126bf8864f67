#!/usr/bin/env bash
# Lays out what the image is made of, from the packages of a release: image-context.sh RELEASE CONTEXT
set -euo pipefail
release=$1 context=$2

# `.config` holds the profiles and the run journal; a volume can be mounted there.
mkdir -p "$context/home/.config"
for package in "$release"/ldctl-linux-*.deb; do
  dpkg-deb --extract "$package" "$context/$(dpkg-deb --field "$package" Architecture)"
done
