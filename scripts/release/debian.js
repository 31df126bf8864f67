// The package for Debian and Ubuntu, of an executable that is there already.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What lintian says of it that stays, and why. */
const OVERRIDES = `# Node.js is in the program whole, with the libraries that its own build links into it.
ldctl: embedded-library
# So does the build of Node.js decide how it is linked.
ldctl: hardening-no-pie
`;

/**
 * Lays out the files of the package below a folder, for `dpkg-deb --build`.
 * @param {string} root an empty folder
 * @param {object} about `executable` and `licences` are paths; `epoch`, in seconds, is the time in
 * the changelog; `architecture` is Debian's word; the others are those of package.json
 */
export function layOutDebianPackage(root, about) {
  const share = join(root, 'usr/share');
  const doc = join(share, 'doc/ldctl');
  copyInto(about.executable, join(root, 'usr/bin/ldctl'));
  copyInto('completions/ldctl.bash', join(share, 'bash-completion/completions/ldctl'));
  copyInto('completions/ldctl.zsh', join(share, 'zsh/vendor-completions/_ldctl'));
  copyInto('completions/ldctl.fish', join(share, 'fish/vendor_completions.d/ldctl.fish'));
  for (const file of about.licences) {
    copyInto(file, join(doc, file === 'LICENSE' ? 'copyright' : file.split('/').at(-1)));
  }
  writeInto(join(doc, 'changelog.gz'), zip(changelog(about)));
  writeInto(join(share, 'man/man1/ldctl.1.gz'), zip(manPage(about)));
  writeInto(join(share, 'lintian/overrides/ldctl'), OVERRIDES);
  writeInto(join(root, 'DEBIAN/md5sums'), md5sums(root));
  writeInto(join(root, 'DEBIAN/control'), control(about));
}

/** Debian sorts `~` before the end, so that 1.0.0~rc.1 is older than 1.0.0. */
function debianVersion(version) {
  return version.replace('-', '~');
}

function maintainer(owner) {
  return `The ldctl authors <${owner}@users.noreply.github.com>`;
}

/** The libraries are those that Node is linked with. */
function control({ version, architecture, owner, homepage, summary }) {
  return `Package: ldctl
Version: ${debianVersion(version)}
Architecture: ${architecture}
Maintainer: ${maintainer(owner)}
Depends: libatomic1, libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8)
Section: admin
Priority: optional
Homepage: ${homepage}
Description: ${summary}
 One file with Node.js in it.
`;
}

function changelog({ version, owner, homepage, epoch }) {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `ldctl (${debianVersion(version)}) unstable; urgency=medium

  * ${homepage}/blob/v${version}/CHANGELOG.md

 -- ${maintainer(owner)}  ${date}
`;
}

function manPage({ version, summary, homepage, epoch }) {
  const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8'));
  const entries = Object.values(commands)
    .filter(({ hidden }) => !hidden)
    .map(({ id, summary: does }) => `.TP\n.B ldctl ${id.replaceAll(':', ' ')}\n${roff(does)}`);
  const date = new Date(epoch * 1000).toISOString().slice(0, 10);
  return `.TH LDCTL 1 ${date} "ldctl ${version}"
.SH NAME
ldctl \\- ${roff(summary)}
.SH SYNOPSIS
.B ldctl
.I COMMAND
[\\fIARGUMENT\\fR ...] [\\fIOPTION\\fR ...]
.SH COMMANDS
${entries.join('\n')}
.SH HELP
.B ldctl help
.I COMMAND
lists arguments, options and examples;
.B ldctl help exit\\-codes
and
.B ldctl help environment
the exit codes and the variables.
.SH SEE ALSO
${homepage}
`;
}

function roff(text) {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/, '\\&$&');
}

/** As dpkg compares them with what is installed: every file but its own. */
function md5sums(root) {
  return readdirSync(join(root, 'usr'), { recursive: true })
    .map((name) => join(root, 'usr', name))
    .filter((file) => statSync(file).isFile())
    .sort()
    .map((file) => `${md5(readFileSync(file))}  ${relative(root, file)}\n`)
    .join('');
}

function md5(bytes) {
  return createHash('md5').update(bytes).digest('hex');
}

/** The same bytes each time: gzip's header has no time in it. */
function zip(text) {
  return gzipSync(text, { level: 9 });
}

function writeInto(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function copyInto(file, path) {
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(file, path);
}
