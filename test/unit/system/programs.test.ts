import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../../src/system/find-program.js';
import { variable } from '../../../src/system/environment.js';
import { programStart } from '../../../src/system/start-program.js';
import { describeOnPosix } from '../../helpers/platform.js';
import { FakeWindows, wordsByBatch } from '../../helpers/windows.js';

describe('a variable of the environment', () => {
  it('is found in any case on Windows alone', () => {
    assert.equal(variable({ platform: 'win32', env: { Path: 'x' } }, 'PATH'), 'x');
    assert.equal(variable({ platform: 'win32', env: { Path: 'x', PATH: 'y' } }, 'PATH'), 'y');
    assert.equal(variable({ platform: 'linux', env: { Path: 'x' } }, 'PATH'), undefined);
  });
});

describeOnPosix('a program on Windows', 'files that can be run stand for programs', () => {
  let windows: FakeWindows;
  beforeEach(() => void (windows = new FakeWindows()));
  afterEach(() => rmSync(windows.folder, { recursive: true, force: true }));
  const find = (name: string): string | null => findProgram(name, windows.system);

  it('is found in Path by the extensions of PATHEXT, in their order', () => {
    const cmd = windows.addTool('az.cmd');
    assert.equal(find('az'), cmd);
    const exe = windows.addTool('az.exe');
    assert.equal(find('az'), exe);
    assert.equal(find('AZ.CMD'.toLowerCase()), cmd);
    assert.equal(find('az.ps1'), null);
  });

  it('is no script of a kind that cannot be started, no folder, and nothing without an extension', () => {
    windows.addTool('a.vbs');
    windows.addTool('b');
    mkdirSync(join(windows.folder, 'tools', 'c.exe'));
    assert.deepEqual(['a', 'b', 'c', 'none', ''].map(find), [null, null, null, null, null]);
  });

  it('is not looked for in the current folder, nor in one that PATH names from there', () => {
    const name = 'ldctl-here';
    writeFileSync(`${name}.exe`, '', { mode: 0o755 });
    try {
      assert.equal(findProgram(name, { platform: 'win32', env: { Path: `.;;${windows.folder}` } }), null);
    } finally {
      rmSync(`${name}.exe`);
    }
  });

  it('is found where a folder of Path stands in quotes, and by its own path', () => {
    const path = windows.add('with blank/op.exe');
    assert.equal(
      findProgram('op', { platform: 'win32', env: { PATH: `"${join(windows.folder, 'with blank')}"` } }),
      path,
    );
    assert.equal(find(path), path);
    assert.equal(find(path.replace('.exe', '')), path);
  });

  it('is started by its full path, with its arguments as they are', () => {
    const path = windows.addTool('op.exe');
    assert.deepEqual(programStart('op', ['read', 'a "b"'], windows.system), {
      file: path,
      args: ['read', 'a "b"'],
      options: {},
    });
  });

  it('is started by cmd when it is a batch file, and gets the same arguments', () => {
    const path = windows.addTool('az.cmd');
    const args = ['keyvault', 'a "b" & c', '%PATH%', 'C:\\x\\', ''];
    const start = programStart('az', args, windows.system);
    assert.equal(start.file, join(windows.folder, 'System32', 'cmd.exe'));
    assert.deepEqual(start.args.slice(0, 4), ['/d', '/v:off', '/s', '/c']);
    assert.deepEqual(wordsByBatch(start.args[4]?.slice(1, -1) ?? ''), [path, ...args]);
    assert.deepEqual(start.options, { windowsVerbatimArguments: true });
  });

  it('cannot be started when there is none, or when cmd would cut off an argument', () => {
    windows.addTool('az.cmd');
    assert.throws(() => programStart('none', [], windows.system), { code: 'ENOENT' });
    assert.throws(() => programStart('az', ['two\nlines'], windows.system), { code: 'EINVAL' });
  });
});

describe('a program elsewhere', () => {
  it('is started as it is named', () => {
    const start = programStart('op', ['a b'], { platform: 'linux', env: {} });
    assert.deepEqual(start, { file: 'op', args: ['a b'], options: {} });
  });
});
