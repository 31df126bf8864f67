import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInside, type Ended } from '../../../src/sandbox/run-inside.js';
import { makeShim } from '../../../src/sandbox/shim.js';
import { describeOnPosix } from '../../helpers/platform.js';
import { FakeWindows, wordsByBatch } from '../../helpers/windows.js';

describe('the ldctl of a sandbox', () => {
  const self = ['C:\\Program Files\\nodejs\\node.exe', "C:\\Users\\Zoë's\\50%\\run.js"];
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'ldctl-shim-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const read = (name: string): string => readFileSync(join(folder, 'bin', name), 'utf8');

  it('is a script, and on Windows a batch file as well, whose words are in its environment', () => {
    const shim = makeShim(join(folder, 'bin'), self, 'win32');
    assert.equal(shim.folder, join(folder, 'bin'));
    assert.equal(
      read('ldctl'),
      `#!/bin/sh\nexec 'C:\\Program Files\\nodejs\\node.exe' 'C:\\Users\\Zoë'\\''s\\50%\\run.js' "$@"\n`,
    );
    assert.equal(read('ldctl.cmd'), '@"%LDCTL_SELF_0%" "%LDCTL_SELF_1%" %*\r\n');
    assert.deepEqual(shim.variables, { LDCTL_SELF_0: self[0], LDCTL_SELF_1: self[1] });
  });

  it('is the script alone elsewhere', () => {
    assert.deepEqual(makeShim(join(folder, 'bin'), self, 'linux').variables, {});
    assert.deepEqual(readdirSync(join(folder, 'bin')), ['ldctl']);
  });
});

describeOnPosix('a command inside a sandbox', 'programs are scripts', () => {
  it('has this very ldctl, although that was started by a word that means the shim now', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ldctl-inside-'));
    try {
      writeFileSync(join(folder, 'ldctl'), '#!/bin/sh\nexit 5\n', { mode: 0o700 });
      const inherited = { PATH: `${folder}:${process.env.PATH ?? ''}` };
      const ended = await runInside({
        command: ['ldctl'],
        platform: 'linux',
        inherited,
        variables: {},
        self: ['ldctl'],
      });
      assert.deepEqual(ended, { exitCode: 5 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describeOnPosix('a command inside a sandbox that has no place for its files', 'TMPDIR is of POSIX', () => {
  const { TMPDIR } = process.env;
  afterEach(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });

  it('is not run, and it is said why', async () => {
    process.env.TMPDIR = '/dev/null/none';
    const { exitCode, notStarted } = await runInside({
      command: ['true'],
      platform: 'linux',
      inherited: {},
      variables: {},
      self: ['/ldctl'],
    });
    assert.equal(exitCode, 126);
    assert.match(notStarted ?? '', /^no temporary folder for it can be made \(.*\/dev\/null\/none/);
  });
});

describeOnPosix('a command inside a sandbox on Windows', 'a script stands for cmd', () => {
  let windows: FakeWindows;
  beforeEach(() => void (windows = new FakeWindows()));
  afterEach(() => rmSync(windows.folder, { recursive: true, force: true }));

  const run = (...command: [string, ...string[]]): Promise<Ended> =>
    runInside({
      command,
      platform: 'win32',
      inherited: windows.system.env,
      variables: { LD_API_URL: 'http://x' },
      self: ['C:\\ldctl.exe'],
    });

  it('is found by the shim that is first on Path, and run by cmd', async () => {
    windows.addSystem('cmd.exe', 'printf "%s\\n" "$5" "$LDCTL_SELF_0" "$LD_API_URL" > "$FOLDER/said"; exit 4');
    windows.addTool('ldctl.exe', 'exit 1');
    assert.deepEqual(await run('ldctl', 'a "b" %PATH%'), { exitCode: 4 });
    const [line = '', self, url] = readFileSync(join(windows.folder, 'said'), 'utf8').split('\n');
    const [program = '', ...args] = wordsByBatch(line.slice(1, -1));
    assert.match(program, /ldctl-sandbox-.*bin.ldctl\.cmd$/);
    assert.deepEqual([args, self, url], [['a "b" %PATH%'], 'C:\\ldctl.exe', 'http://x']);
  });

  it('is said not to be there, or not to be runnable', async () => {
    windows.addTool('az.cmd');
    assert.deepEqual(await run('none'), { exitCode: 127, notStarted: 'command not found' });
    assert.deepEqual(await run('az', 'a\nb'), { exitCode: 126, notStarted: 'cmd takes no argument with two lines' });
  });

  it('is ended with what it started when this process is asked to end', async () => {
    windows.addSystem('taskkill.exe', 'for pid; do :; done; echo "$@" > "$FOLDER/killed"; kill -9 "$pid"');
    // It asks for the end itself.
    windows.addTool('stuck.exe', `kill -HUP ${process.pid}; exec sleep 600`);
    assert.equal((await run('stuck')).exitCode, 137);
    assert.match(readFileSync(join(windows.folder, 'killed'), 'utf8'), /^\/T \/F \/PID \d+\n$/);
  });
});
