import assert from 'node:assert/strict';
import { chmodSync, existsSync, fstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as realSleep } from 'node:timers/promises';
import { Interrupted, UsageError } from '../../../src/base/errors.js';
import { type ApiKey } from '../../../src/base/secret.js';
import { runKeyCommand } from '../../../src/config/key-command.js';
import { PLATFORM } from '../../../src/system/platform.js';
import { VirtualClock } from '../../helpers/clock.js';
import { failureOf } from '../../helpers/failure.js';
import { isThere } from '../../helpers/is-there.js';
import { describeOnPosix, itOnPosix } from '../../helpers/platform.js';
import { FakeWindows, wordsByBatch } from '../../helpers/windows.js';
import { KEY, privateFolder, removeFolders } from './fixtures.js';

describe('running a key command', function () {
  // Each starts a real program, and a busy machine takes its time over that.
  this.timeout(60_000);
  after(removeFolders);

  const what = 'the key command of profile prod';
  const env = { PATH: process.env['PATH'] };
  const platform = PLATFORM;
  /** A program of one line, run by this very Node. */
  const node = (code: string): string[] => [process.execPath, '-e', code];
  const run = (command: string[], clock = new VirtualClock()): Promise<string> =>
    runKeyCommand(command, what, { clock, platform, env }).then((key) => key.reveal());

  async function failure(command: string[]): Promise<UsageError> {
    const clock = new VirtualClock();
    const error = await failureOf(run(command, clock), UsageError);
    assert.equal(clock.asleep, 0, 'a timer was left behind');
    return error;
  }

  it('takes the trimmed output for the key, and leaves no timer behind', async () => {
    const clock = new VirtualClock();
    assert.equal(await run(node(`console.log('  ${KEY}\\n')`), clock), KEY);
    assert.equal(clock.asleep, 0);
  });

  it('runs the words as they are: no shell reads them', async () => {
    assert.equal(await run([...node('console.log(process.argv[1].length)'), '$HOME; ls *']), '11');
  });

  it('gives the program no API key', async () => {
    const code = `console.log(process.env.LD_API_KEY ?? 'none')`;
    const tools = { clock: new VirtualClock(), platform, env: { ...env, LD_API_KEY: KEY } };
    assert.equal((await runKeyCommand(node(code), what, tools)).reveal(), 'none');
  });

  it('gives the program no piped input to swallow', async () => {
    assert.equal(await run(node(`console.log(require('fs').readFileSync(0).length)`)), '0');
  });

  it('says which program ended with which code, and nothing of its output or its arguments', async () => {
    const error = await failure([...node(`console.log('${KEY}'); process.exit(3)`), '--', '-token=hunter2']);
    assert.equal(error.code, 'key_command_failed');
    assert.equal(error.exitCode, 2);
    assert.equal(error.message, `${what}: ${process.execPath} ended with exit code 3`);
    assert.doesNotMatch(`${error.message} ${error.hint ?? ''}`, /ld_pk_|hunter2/);
  });

  itOnPosix('says which signal ended it', 'it has no signals', async () => {
    assert.match((await failure(node(`process.kill(process.pid, 'SIGTERM')`))).message, /ended by SIGTERM/);
  });

  it('says that there is no such program', async () => {
    assert.match((await failure(['ldctl-no-such-program'])).message, /ldctl-no-such-program was not found/);
  });

  itOnPosix('says that a file is no program', 'what may be run is told by its name', async () => {
    const file = join(privateFolder(), 'script');
    writeFileSync(file, '');
    chmodSync(file, 0o600);
    assert.match((await failure([file])).message, /may not be run/);
  });

  for (const [name, output] of [
    ['nothing', ''],
    ['two lines', `${KEY}\\n${KEY}`],
    ['a word too many', `key: ${KEY}`],
    ['characters that no header may hold', 'schlüssel'],
  ] as const) {
    it(`refuses ${name} as a key, and does not show it`, async () => {
      const error = await failure(node(`process.stdout.write('${output}')`));
      assert.match(error.message, /the output of the key command of profile prod/);
      assert.doesNotMatch(`${error.message} ${error.hint ?? ''}`, /ld_pk_|schl/);
    });
  }

  it('stops reading a program that prints without end', async () => {
    const error = await failure(node(`const w = () => process.stdout.write('x'.repeat(65536), w); w()`));
    assert.match(error.message, /printed far more than a key/);
  });

  it('gives up after 10 s, although a program of its own keeps the output open', async () => {
    const clock = new VirtualClock();
    const folder = privateFolder();
    const started = join(folder, 'started');
    // The grandchild inherits stdout and tells that it runs; it ends by itself, since nobody knows it.
    const grandchild = `require('fs').writeFileSync(process.argv[1], String(process.pid)); setTimeout(() => {}, 20000)`;
    const child = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}, process.argv[1]], { stdio: 'inherit' }); setInterval(() => {}, 1000)`;
    const key = runKeyCommand([...node(child), started], what, { clock, platform, env }).catch(
      (error: unknown) => error,
    );
    while (!existsSync(started) || readFileSync(started, 'utf8') === '') await realSleep(10);
    const pipesWhileRunning = openPipes();
    await clock.advance(9_990);
    const early = await Promise.race([key, realSleep(20, 'still running')]);
    assert.equal(early, 'still running');
    await clock.advance(20);
    const error = await key;
    assert.ok(error instanceof UsageError);
    assert.match(error.message, /did not end within 10 s/);
    // One that stays open would keep the process from ending. Closing takes a turn of the event loop, or two.
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    assert.ok(openPipes() < pipesWhileRunning, 'the pipe to the program is still open');
    process.kill(Number(readFileSync(started, 'utf8')), 'SIGKILL');
  });

  itOnPosix(
    'takes what a program has printed that ended and left another one behind on its stdout',
    'it has no sh',
    async () => {
      const clock = new VirtualClock();
      const pid = join(privateFolder(), 'pid');
      // Nothing of this test waits for the one left behind: its stderr is not the tests'.
      const script = `sleep 600 2>/dev/null & echo $! > '${pid}'; echo ${KEY}`;
      const key = runKeyCommand(['sh', '-c', script], what, { clock, platform, env });
      // One for the limit of 10 s, and one that begins when the program has ended.
      while (clock.asleep < 2) await realSleep(5);
      await clock.advance(200);
      assert.equal((await key).reveal(), KEY);
      assert.equal(clock.asleep, 0);
      process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
    },
  );

  it('ends the program at an interrupt, and hands on its reason', async () => {
    const folder = privateFolder();
    const started = join(folder, 'started');
    const code = `require('fs').writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1000)`;
    const stop = new AbortController();
    const clock = new VirtualClock();
    const key = runKeyCommand([...node(code), started], what, { clock, platform, env }, stop.signal);
    const settled = key.catch((error: unknown) => error);
    while (!existsSync(started) || readFileSync(started, 'utf8') === '') await realSleep(10);
    const reason = new Interrupted('SIGINT');
    stop.abort(reason);
    assert.equal(await settled, reason);
    assert.equal(clock.asleep, 0);
    const pid = Number(readFileSync(started, 'utf8'));
    while (isThere(pid)) await realSleep(10);
  });

  itOnPosix('lets the user see what the program says on stderr', 'a pipe has no number there', async () => {
    const stderr = fstatSync(2);
    const code = `const { dev, ino } = require('fs').fstatSync(2); console.log(dev + ':' + ino)`;
    assert.equal(await run(node(code)), `${stderr.dev}:${stderr.ino}`);
  });
});

describeOnPosix('a key command on Windows', 'scripts stand for its programs', () => {
  let windows: FakeWindows;
  beforeEach(() => void (windows = new FakeWindows()));
  afterEach(() => rmSync(windows.folder, { recursive: true, force: true }));
  const what = 'the key command';
  const run = (...command: string[]): Promise<ApiKey> =>
    runKeyCommand(command, what, { ...windows.system, clock: new VirtualClock() });

  it('is found on Path, and its output may end as lines do there', async () => {
    windows.addTool('op.exe', `printf '\\357\\273\\277${KEY}\\r\\n'`);
    assert.equal((await run('op', 'read')).reveal(), KEY);
  });

  it('is run by cmd when it is a batch file, with its arguments intact', async () => {
    const az = windows.addTool('az.cmd');
    windows.addSystem('cmd.exe', `printf '%s' "$5" > "$FOLDER/line"; echo ${KEY}`);
    assert.equal((await run('az', 'keyvault', 'a b&c', '100%')).reveal(), KEY);
    const line = readFileSync(join(windows.folder, 'line'), 'utf8');
    assert.deepEqual(wordsByBatch(line.slice(1, -1)), [az, 'keyvault', 'a b&c', '100%']);
  });

  it('is said not to be found', async () => {
    await assert.rejects(run('none'), /the key command: none was not found/);
  });

  it('is ended with all that it started when it prints without end', async () => {
    windows.addSystem('taskkill.exe', 'for pid; do :; done; echo "$@" > "$FOLDER/killed"; kill -9 "$pid"');
    windows.addTool('yes.exe', 'exec yes 2>/dev/null');
    await assert.rejects(run('yes'), /printed far more than a key/);
    assert.match(readFileSync(join(windows.folder, 'killed'), 'utf8'), /^\/T \/F \/PID \d+\n$/);
  });
});

function openPipes(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'PipeWrap').length;
}
