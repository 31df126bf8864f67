import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { copyProgram, inFolder, run } from './archive.js';
import { packageOf } from './targets.js';

/** What the Node in the program is linked with, in the oldest versions that Node's own builds take. */
export const DEPENDS = 'libatomic1, libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 8)';

/** What lintian says of a program that has its libraries in it, and its own data behind its code. */
const OVERRIDES = [
  'embedded-library',
  'unstripped-binary-or-object',
  'hardening-no-pie',
  'hardening-no-fortify-functions',
];

/**
 * Makes the Debian package of a target.
 * @param program as for an archive
 * @param project as `projectOf` gives it
 * @param epoch seconds since 1970: the time of every file, so that the same files give the same package
 * @param level of compression, 0 to 9
 */
export function makePackage(target, { binary, notices, nodeLicense }, project, { out, epoch, level }) {
  inFolder((root) => {
    const put = (path, text) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    const docs = 'usr/share/doc/ldctl';
    mkdirSync(join(root, 'usr/bin'), { recursive: true });
    copyProgram(binary, join(root, 'usr/bin/ldctl'));
    put('usr/share/man/man1/ldctl.1.gz', gzipSync(readFileSync('man/ldctl.1'), { level: 9 }));
    put('usr/share/bash-completion/completions/ldctl', readFileSync('completions/ldctl.bash'));
    put('usr/share/zsh/vendor-completions/_ldctl', readFileSync('completions/ldctl.zsh'));
    put('usr/share/fish/vendor_completions.d/ldctl.fish', readFileSync('completions/ldctl.fish'));
    put(
      `${docs}/copyright`,
      `${readFileSync('LICENSE', 'utf8')}\nThe licences of what is in it: THIRD-PARTY-NOTICES.gz, NODE-LICENSE.gz\n`,
    );
    put(`${docs}/THIRD-PARTY-NOTICES.gz`, gzipSync(readFileSync(notices), { level: 9 }));
    put(`${docs}/NODE-LICENSE.gz`, gzipSync(readFileSync(nodeLicense), { level: 9 }));
    put(`${docs}/changelog.gz`, gzipSync(changelog(project, epoch), { level: 9 }));
    put('usr/share/lintian/overrides/ldctl', OVERRIDES.map((tag) => `ldctl: ${tag}\n`).join(''));
    const kilobytes = Math.ceil(
      Number(run('du', ['--summarize', '--apparent-size', '--bytes', root]).split('\t')[0]) / 1024,
    );
    put('DEBIAN/control', control(target, project, kilobytes));
    run('chmod', ['-R', 'u=rwX,go=rX', root]);
    run('dpkg-deb', ['--root-owner-group', '-Zxz', `-z${level}`, '--build', root, resolve(out, packageOf(target))], {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) },
    });
  });
}

/** Debian sorts `~` before the end, so that 1.0.0~rc.1 is older than 1.0.0. */
const versionOf = ({ version }) => version.replace('-', '~');

/** Debian wants an address. This one is of the repository's owner, and takes no mail. */
const maintainerOf = ({ owner }) => `The ldctl authors <${owner}@users.noreply.github.com>`;

export function control(target, project, kilobytes) {
  return `Package: ldctl
Version: ${versionOf(project)}
Architecture: ${target.debian}
Maintainer: ${maintainerOf(project)}
Installed-Size: ${kilobytes}
Depends: ${DEPENDS}
Section: admin
Priority: optional
Homepage: ${project.homepage}
Description: trigger actions on the nodes of a LaserData Cloud deployment
 Starts, stops, restarts and reconfigures the runtimes of a deployment, and
 says, node by node, how each one ended: at a terminal, in scripts and in CI.
 .
 One file with Node.js in it.
`;
}

function changelog(project, epoch) {
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  return `ldctl (${versionOf(project)}) stable; urgency=medium

  * ${project.homepage}/releases/tag/v${project.version}

 -- ${maintainerOf(project)}  ${date}
`;
}
