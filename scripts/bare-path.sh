#!/usr/bin/env bash
# Fills a folder with links to the programs that a fresh machine has, and no others: Node, npm, npx, git, and Debian's
# essential packages, bash and `script` among them. With it as PATH, a test that needs more is found out.
set -euo pipefail
folder=${1:?a folder}

# Where there is no dpkg to ask: the packages that it calls essential, as in Debian 12.
FALLBACK='bash sh dash script sed grep egrep fgrep find xargs tar gzip gunzip zcat hostname perl cmp diff diff3 sdiff
  run-parts tempfile which mktemp login mount umount dmesg flock getopt ionice kill logger lscpu more nsenter prlimit
  renice setpriv setsid taskset unshare tput clear infocmp tabs tic toe tset pidof killall5 ldconfig getent iconv locale
  [ arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm cp csplit cut date dd df dir
  dircolors dirname du echo env expand expr factor false fmt fold groups head hostid id install join link ln logname ls
  md5sum mkdir mkfifo mknod mv nice nl nohup nproc numfmt od paste pathchk pinky pr printenv printf ptx pwd readlink
  realpath rm rmdir seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum
  sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes'

essential() {
  if command -v dpkg-query >/dev/null; then
    dpkg-query --show --showformat '${Essential} ${Package}\n' | sed -n 's/^yes //p' | xargs dpkg-query --listfiles |
      sed -nE 's#^(/usr)?/s?bin/([^/]+)$#\2#p'
  else
    printf '%s\n' $FALLBACK
  fi
}

mkdir -p "$folder"
for name in node npm npx git $(essential); do
  path=$(command -v "$name" 2>/dev/null || true)
  # What is a builtin of this shell too has a file of its own.
  [[ $path == /* ]] || path=$(type -P "$name" || true)
  [ -z "$path" ] || ln -sf "$path" "$folder/$name"
done
