import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../../src/base/errors.js';
import { ensurePrivateFolder, readPrivateFile } from '../../../src/config/private-files.js';
import { privateFolder, removeFolders } from '../config/fixtures.js';
import { itOnPosix } from '../../helpers/platform.js';

describe('a private file', () => {
  after(removeFolders);

  const kinds: Record<string, (path: string) => void> = {
    'a FIFO': (path) => void execFileSync('mkfifo', ['-m', '600', path]),
    'a folder': (path) => mkdirSync(path, { mode: 0o700 }),
    'a device': (path) => symlinkSync('/dev/zero', path),
  };
  for (const [what, make] of Object.entries(kinds)) {
    itOnPosix(`that is ${what} is refused, and not waited for`, 'it has none', () => {
      const path = join(privateFolder(), 'config.json');
      make(path);
      assert.throws(
        () => readPrivateFile(path),
        (error) => {
          assert.ok(error instanceof UsageError);
          assert.ok(error.message.includes(`${path} is not a regular file`));
          assert.match(error.hint ?? '', /LDCTL_CONFIG_DIR/);
          return true;
        },
      );
    });
  }

  itOnPosix(
    'may be a link to one, as some keep their settings; not where only ldctl makes files',
    'a link there needs a right',
    () => {
      const path = join(privateFolder(), 'config.json');
      writeFileSync(`${path}.real`, 'text', { mode: 0o600 });
      symlinkSync(`${path}.real`, path);
      assert.equal(readPrivateFile(path), 'text');
      assert.throws(() => readPrivateFile(path, { follow: false }), { code: 'not_a_file' });
    },
  );
});

describe('a private folder', () => {
  after(removeFolders);

  itOnPosix('is made with its parents, all private', 'it keeps no modes', () => {
    const folder = privateFolder();
    const umask = process.umask(0);
    try {
      ensurePrivateFolder(join(folder, 'a', 'b', 'c'));
    } finally {
      process.umask(umask);
    }
    for (const path of ['a', 'a/b', 'a/b/c']) assert.equal(statSync(join(folder, path)).mode & 0o777, 0o700);
    ensurePrivateFolder(join(folder, 'a', 'b', 'c'));
  });

  itOnPosix('below /proc, where nothing can be made, is an error and no endless loop', 'it has no /proc', function () {
    if (!existsSync('/proc/self')) this.skip();
    // In a process of its own: a loop without end would take this one with it.
    const script = `
      import { ensurePrivateFolder } from './src/config/private-files.ts';
      try { ensurePrivateFolder('/proc/ldctl/runs'); } catch (error) { console.log(error.code, error.message); }`;
    const options = { encoding: 'utf8', timeout: 30_000 } as const;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    assert.match(
      execFileSync(process.execPath, args, options),
      /^config_unwritable cannot write \/proc\/ldctl\/runs: /,
    );
  });

  it('where a file is in the way is an error', () => {
    const folder = privateFolder();
    writeFileSync(join(folder, 'file'), '');
    for (const path of ['file', 'file/below']) {
      assert.throws(() => ensurePrivateFolder(join(folder, path)), { code: 'config_unwritable' });
    }
  });
});
