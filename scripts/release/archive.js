import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { archiveOf, commandOf } from './targets.js';

/** What goes along with the program, from the repository. */
const WITH_IT = ['LICENSE', 'completions', 'man'];

/**
 * Packs a program, with its man page, completions and licences, in a folder of the archive's name.
 * @param program the files: itself, the licences of what is in it (scripts/release/notices.js), and that of Node
 * @param epoch seconds since 1970: the time of every file, so that the same files give the same archive
 * @param level of compression, 0 to 9
 */
export function makeArchive(target, { binary, notices, nodeLicense }, { out, epoch, level }) {
  const archive = resolve(out, archiveOf(target));
  inFolder((folder) => {
    const name = archiveOf(target).replace(/\.(zip|tar\.xz)$/, '');
    const root = join(folder, name);
    mkdirSync(root);
    copyProgram(binary, join(root, commandOf(target)));
    for (const one of WITH_IT) cpSync(one, join(root, one), { recursive: true });
    copyFileSync(notices, join(root, 'THIRD-PARTY-NOTICES'));
    copyFileSync(nodeLicense, join(root, 'NODE-LICENSE'));
    run('chmod', ['-R', 'u=rwX,go=rX', root]);
    run('find', [root, '-exec', 'touch', '--no-dereference', `--date=@${epoch}`, '{}', '+']);
    if (archive.endsWith('.zip'))
      run('zip', ['-q', `-${level}`, '-X', '-r', archive, name], { cwd: folder, env: { ...process.env, TZ: 'UTC' } });
    else
      run(
        'tar',
        [
          '-cf',
          archive,
          `--use-compress-program=xz -T0 -${level}`,
          '--sort=name',
          '--owner=0',
          '--group=0',
          '--numeric-owner',
          '--format=gnu',
          name,
        ],
        { cwd: folder },
      );
  });
}

export function copyProgram(binary, to) {
  copyFileSync(binary, to);
  chmodSync(to, 0o755);
}

/** Runs a step with a folder that is gone afterwards. */
export function inFolder(step) {
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-release-'));
  try {
    return step(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @returns what it printed
 * @throws Error with what it said, when it fails
 */
export function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    ...options,
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
  return stdout;
}
