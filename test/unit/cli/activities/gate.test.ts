import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { gateProgram } from '../../../../src/cli/activities/gate-shell.js';
import { commandGate, type GateHost } from '../../../../src/cli/activities/gate.js';
import { systemClock, type Clock } from '../../../../src/base/clock.js';
import { type Env } from '../../../../src/base/text.js';
import { Interrupted, UsageError } from '../../../../src/base/errors.js';
import { type GateResult } from '../../../../src/base/outcome.js';
import { type GateFacts, type GateTools } from '../../../../src/base/roll.js';
import { type Started } from '../../../../src/system/cmd.js';
import type { System } from '../../../../src/system/environment.js';
import { PLATFORM } from '../../../../src/system/platform.js';
import { VirtualClock } from '../../../helpers/clock.js';
import { isThere } from '../../../helpers/is-there.js';
import { describeOnPosix } from '../../../helpers/platform.js';
import { until } from '../../../helpers/scene.js';
import { FakeWindows } from '../../../helpers/windows.js';

const KEY = 'ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c';
const FACTS: GateFacts = {
  nodeId: 610809900976570889n,
  activityId: 7261845022003200001n,
  deploymentId: 18446744073709551615n,
  runtime: 'iggy',
  action: 'reconfigure:42',
};
const HOUR = 3_600_000;

/** Lets virtual time pass slowly, until real work is done. */
async function passTime<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let isOver = false;
  const end = (): void => void (isOver = true);
  work.then(end, end);
  while (!isOver as boolean) {
    await realSleep(2);
    await clock.advance(20);
  }
  return work;
}

describeOnPosix('a gate command', 'its commands are for sh', () => {
  const stop = new AbortController();
  let folder: string;
  let lines: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-gate-'));
    lines = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A gate that says so by leaving its number behind. */
  const hasBegun = (): boolean =>
    existsSync(join(folder, 'pid')) && readFileSync(join(folder, 'pid'), 'utf8').endsWith('\n');

  interface Setting {
    timeoutMs?: number;
    host?: Partial<GateHost>;
    tools?: Partial<GateTools>;
  }

  function run(
    command: string | Started,
    { timeoutMs = Infinity, host = {}, tools = {} }: Setting = {},
  ): Promise<GateResult> {
    const system: System = { platform: PLATFORM, env: { PATH: process.env.PATH, FOLDER: folder } };
    const scrub = (text: string): string => text.replaceAll(KEY, '…');
    const program = typeof command === 'string' ? gateProgram(command, system).program : command;
    const gate = commandGate(program, timeoutMs, { ...system, clock: systemClock, scrub, ...host });
    return gate(FACTS, {
      signal: stop.signal,
      timeLeftMs: Infinity,
      onLine: (line) => {
        lines.push(line);
        return Promise.resolve();
      },
      ...tools,
    });
  }

  it('passes with 0, and fails with anything else', async () => {
    for (const code of [0, 1, 42]) {
      const { exit_code: exitCode, timed_out: timedOut, took_ms: tookMs } = await run(`exit ${code}`);
      assert.deepEqual([exitCode, timedOut], [code, false]);
      assert.ok(tookMs >= 0);
    }
  });

  it('fails when a signal ends it', async () => {
    const { exit_code: exitCode, timed_out: timedOut } = await run('kill -9 $$');
    assert.deepEqual([exitCode, timedOut], [null, false]);
  });

  it('fails, and says why, when it cannot be run', async () => {
    const end = await run({ file: join(folder, 'sh'), args: [], options: {} });
    assert.deepEqual([end.exit_code, end.timed_out], [null, false]);
    assert.match(lines.join('\n'), /could not be run: .*ENOENT/);
    lines = [];
    const nul = await run('echo \0');
    assert.equal(nul.exit_code, null);
    assert.match(lines.join('\n'), /could not be run/);
  });

  it('is told about the node, every id to its last digit', async () => {
    await run('echo "$LDCTL_NODE_ID $LDCTL_ACTIVITY_ID $LDCTL_DEPLOYMENT_ID $LDCTL_RUNTIME $LDCTL_ACTION"');
    assert.deepEqual(lines, ['610809900976570889 7261845022003200001 18446744073709551615 iggy reconfigure:42']);
  });

  it('inherits the environment but for the key, under whatever name it is there', async () => {
    const env = {
      PATH: process.env.PATH,
      HARMLESS: 'yes',
      LD_API_KEY: KEY,
      LD_API_KEY_FILE: '/run/secrets/key',
      CI_SECRET: KEY,
      AUTHORIZATION: `Bearer ${KEY}`,
    };
    await run('env', { host: { env } });
    const all = lines.join('\n');
    assert.match(all, /^HARMLESS=yes$/m);
    for (const absent of [KEY, 'LD_API_KEY', '/run/secrets/key', 'CI_SECRET', 'AUTHORIZATION']) {
      assert.ok(!all.includes(absent), absent);
    }
  });

  it('has its output handed on line by line, both streams, the last line without an end too', async () => {
    await run('echo one; printf "two\\r\\nthree"; echo four >&2');
    assert.deepEqual([...lines].sort(), ['four', 'one', 'three', 'two']);
  });

  it('fills no memory with one line without an end, nor with many', async () => {
    await run('head -c 300000 /dev/zero | tr "\\0" x');
    assert.ok(lines.length > 1 && Math.max(...lines.map((line) => line.length)) < 100_000);
    assert.equal(lines.join('').length, 300_000);
    lines = [];
    await run('seq 20000');
    assert.deepEqual([lines.length, lines.at(-1)], [20_000, '20000']);
  });

  it('is read no faster than its lines are taken', async () => {
    let taken = 0;
    let atOnce = 0;
    let most = 0;
    const onLine = async (): Promise<void> => {
      most = Math.max(most, (atOnce += 1));
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      taken += 1;
    };
    await run('seq 500', { tools: { onLine } });
    assert.deepEqual([taken, most], [500, 1]);
  });

  it('reads nothing from the terminal', async () => {
    assert.equal((await run('read x || exit 7')).exit_code, 7);
  });

  it('is not held up by what it left running in the background', async () => {
    const clock = new VirtualClock();
    const ended = run('sleep 600 & echo $! > "$FOLDER/pid"; exit 3', { host: { clock } });
    const { exit_code: exitCode } = await passTime(clock, ended);
    const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
    assert.equal(exitCode, 3);
    assert.ok(isThere(pid), 'what it left is its own');
    process.kill(pid, 'SIGKILL');
    assert.equal(clock.asleep, 0);
  });

  for (const [how, command] of [
    ['as it is asked to', 'sleep 600 & echo $$ > "$FOLDER/pid"; wait'],
    ['though it does not listen', 'trap "" TERM; echo $$ > "$FOLDER/pid"; while :; do sleep 600; done'],
  ] as const) {
    it(`is ended when its time is up, with all that it started, ${how}`, async () => {
      const clock = new VirtualClock();
      const ended = run(command, { timeoutMs: HOUR, host: { clock } });
      await until('the gate', hasBegun);
      const group = -Number(readFileSync(join(folder, 'pid'), 'utf8'));
      await clock.advance(HOUR - 1);
      assert.ok(isThere(group));
      await clock.advance(1);
      const end = await passTime(clock, ended);
      assert.deepEqual([end.exit_code, end.timed_out], [null, true]);
      await until('the end of its group', () => !isThere(group));
      assert.equal(clock.asleep, 0);
    });
  }

  it('is given no more time than the roll has', async () => {
    const clock = new VirtualClock();
    const ended = run('sleep 600', { timeoutMs: HOUR, host: { clock }, tools: { timeLeftMs: 60_000 } });
    await until('the gate', () => clock.asleep > 0);
    await clock.advance(60_000);
    assert.equal((await passTime(clock, ended)).timed_out, true);
  });

  it('is ended when the roll is given up, which is then no end of its own', async () => {
    const clock = new VirtualClock();
    const giveUp = new AbortController();
    const ended = run('sleep 600 & echo $$ > "$FOLDER/pid"; wait', {
      host: { clock },
      tools: { signal: giveUp.signal },
    });
    const rejected = assert.rejects(ended, Interrupted);
    await until('the gate', hasBegun);
    giveUp.abort(new Interrupted('SIGTERM'));
    await passTime(clock, rejected);
    const group = -Number(readFileSync(join(folder, 'pid'), 'utf8'));
    await until('the end of its group', () => !isThere(group));
    await assert.rejects(run('true', { tools: { signal: giveUp.signal } }), Interrupted);
  });
});

describeOnPosix('a gate on Windows', 'programs that are scripts stand for those of Windows', () => {
  let windows: FakeWindows;
  beforeEach(() => void (windows = new FakeWindows()));
  afterEach(() => rmSync(windows.folder, { recursive: true, force: true }));

  function run(
    command: string,
    { timeoutMs = Infinity, env = {}, clock = systemClock }: { timeoutMs?: number; env?: Env; clock?: Clock } = {},
  ): { end: Promise<GateResult>; lines: string[] } {
    const lines: string[] = [];
    const system: System = { platform: 'win32', env: { ...windows.system.env, ...env } };
    const gate = commandGate(gateProgram(command, system).program, timeoutMs, {
      ...system,
      clock,
      scrub: (text) => text,
    });
    const onLine = (line: string): Promise<void> => Promise.resolve(void lines.push(line));
    return { end: gate(FACTS, { signal: new AbortController().signal, timeLeftMs: Infinity, onLine }), lines };
  }

  const SAYS_ALL = `for word in "$@"; do echo "<$word>"; done; echo "$LDCTL_NODE_ID $LDCTL_ACTION \${LD_API_KEY_FILE-none}"; exit 3`;

  it('is run by sh where PATH has one', async () => {
    windows.addSystem('cmd.exe');
    windows.addTool('sh.exe', SAYS_ALL);
    const { end, lines } = run('curl -f "https://x.example" || exit 1');
    assert.equal((await end).exit_code, 3);
    assert.deepEqual(lines, [
      '<-c>',
      '<curl -f "https://x.example" || exit 1>',
      '610809900976570889 reconfigure:42 none',
    ]);
  });

  it('is run by cmd where it has none, though it has PowerShell, and knows the node', async () => {
    windows.addSystem('cmd.exe', SAYS_ALL);
    windows.addTool('pwsh.exe');
    const env = { Ld_Api_Key_File: 'C:\\key', LD_API_KEY_FILE: 'C:\\key' };
    const { end, lines } = run('curl "https://x.example/a?b=%LDCTL_NODE_ID%" && echo ok', { env });
    assert.equal((await end).exit_code, 3);
    assert.deepEqual(lines.slice(0, 4), ['</d>', '</v:off>', '</s>', '</c>']);
    assert.equal(lines[4], '<"curl "https://x.example/a?b=%LDCTL_NODE_ID%" && echo ok">');
    assert.equal(lines[5], '610809900976570889 reconfigure:42 none');
  });

  for (const [name, add] of [
    ['pwsh', () => windows.addTool('pwsh.exe', SAYS_ALL)],
    [
      'the PowerShell that Windows brings',
      () => windows.addSystem('WindowsPowerShell\\v1.0\\powershell.exe', SAYS_ALL),
    ],
  ] as const) {
    it(`is run by ${name} where there is no cmd either`, async () => {
      add();
      const { end, lines } = run('if (1) { exit 0 }');
      assert.equal((await end).exit_code, 3);
      assert.deepEqual(lines.slice(0, 4), ['<-NoProfile>', '<-NonInteractive>', '<-Command>', '<if (1) { exit 0 }>']);
    });
  }

  it('is refused before anything is sent where there is no shell at all', () => {
    assert.throws(
      () => gateProgram('exit 0', windows.system),
      (error: unknown) =>
        error instanceof UsageError && error.code === 'no_shell' && /--gate-shell/.test(error.hint ?? ''),
    );
  });

  it('is run by the shell that was asked for, or not at all', () => {
    windows.addSystem('cmd.exe');
    windows.addTool('sh.exe');
    assert.equal(gateProgram('exit 0', windows.system).shell, 'sh');
    const { shell, program } = gateProgram('exit 0', windows.system, 'cmd');
    assert.deepEqual([shell, program.args.at(-1)], ['cmd', '"exit 0"']);
    assert.throws(() => gateProgram('exit 0', windows.system, 'powershell'), {
      code: 'no_shell',
      message: /no powershell/,
    });
    assert.throws(() => gateProgram('exit 0', { platform: 'linux', env: process.env }, 'cmd'), { code: 'no_shell' });
  });

  it('is refused by cmd when it has more than the one line that cmd would run', () => {
    windows.addSystem('cmd.exe');
    assert.throws(() => gateProgram('exit 0\nexit 1', windows.system), { code: 'gate_of_many_lines' });
  });

  it('is ended by taskkill, with what it started, when its time is up', async () => {
    // The last argument is the number of the process.
    windows.addSystem('taskkill.exe', 'printf "%s " "$@" > "$FOLDER/killed"; for pid; do :; done; kill -9 "$pid"');
    windows.addSystem('cmd.exe', 'echo $$ > "$FOLDER/pid"; exec sleep 600');
    const clock = new VirtualClock();
    const { end } = run('sleep', { timeoutMs: HOUR, clock });
    const pidFile = join(windows.folder, 'pid');
    await until('the gate', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'));
    await clock.advance(HOUR);
    const { exit_code: exitCode, timed_out: timedOut } = await end;
    assert.deepEqual([exitCode, timedOut], [null, true]);
    const pid = readFileSync(pidFile, 'utf8').trim();
    assert.equal(readFileSync(join(windows.folder, 'killed'), 'utf8'), `/T /F /PID ${pid} `);
    assert.ok(!isThere(Number(pid)));
  });
});
