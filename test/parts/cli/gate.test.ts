import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as realSleep } from 'node:timers/promises';
import { runGate, type GateOptions } from '../../../src/cli/acting/gate.js';
import { ApiKey } from '../../../src/base/secret.js';
import { systemClock } from '../../../src/base/clock.js';
import { VirtualClock } from '../../helpers/clock.js';
import { isThere } from '../../helpers/is-there.js';
import { describeOnPosix } from '../../helpers/platform.js';
import { until } from '../../helpers/scene.js';

const KEY = 'ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c';
const FACTS = {
  node_id: 610809900976570889n,
  activity_id: 7261845022003200001n,
  node_name: 'broker-1',
  deployment_id: 18446744073709551615n,
  runtime: 'iggy',
  action: 'reconfigure:42',
};

/** Lets virtual time pass slowly, until real work is done: for five minutes at most. */
async function passTime<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  const state = { isOver: false };
  void work.finally(() => (state.isOver = true));
  while (!state.isOver) {
    assert.ok(clock.elapsed() < 300_000, 'the gate still runs after 5 minutes of its clock');
    await realSleep(2);
    await clock.advance(20);
  }
  return work;
}

describeOnPosix('a gate', 'its commands are for sh', () => {
  let folder: string;
  let lines: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-gate-'));
    lines = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** @returns its exit code */
  function run(command: string, options: Partial<GateOptions> = {}): Promise<number | null> {
    return runGate(command, FACTS, {
      env: { PATH: process.env.PATH, FOLDER: folder },
      platform: 'linux',
      clock: systemClock,
      keys: [new ApiKey(KEY), new ApiKey('key-of-prod')],
      signal: new AbortController().signal,
      onLine: (line) => void lines.push(line),
      ...options,
    });
  }

  /** @returns the process id that the gate writes to a file once it has started */
  async function started(): Promise<number> {
    const file = join(folder, 'pid');
    await until('the gate', () => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
    return Number(readFileSync(file, 'utf8'));
  }

  for (const [command, exitCode] of [
    ['exit 0', 0],
    ['exit 42', 42],
    ['kill -9 $$', null],
    ['read x || exit 7', 7],
  ] as const) {
    it(`ends as its command does: ${command}`, async () =>
      assert.equal(await run(command), exitCode));
  }

  it('fails, and says why, when it cannot be run', async () => {
    assert.equal(await run('true', { env: { LONG: 'x'.repeat(4_000_000) } }), null);
    assert.deepEqual(lines, ['could not be run: E2BIG']);
  });

  it('fails, and says why, where the working directory has been deleted', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      rmSync(folder, { recursive: true });
      assert.equal(await run('true'), null);
    } finally {
      process.chdir(before);
    }
    assert.deepEqual(lines, ['could not be run: the working directory is gone']);
  });

  it('leaves time for signals between its lines, however many it writes at once', async () => {
    const enough = new AbortController();
    let all = 0;
    let inOneTurn = 0;
    let longest = 0;
    const onLine = (): void => {
      if (enough.signal.aborted) return;
      all += 1;
      inOneTurn += 1;
      longest = Math.max(longest, inOneTurn);
      if (all === 5000) enough.abort();
    };
    const flood = run('yes', { signal: enough.signal, onLine });
    while (!enough.signal.aborted) {
      await nextTurn();
      inOneTurn = 0;
    }
    assert.equal(await flood, null);
    assert.ok(longest <= 200, `${longest} lines in one turn`);
  });

  it('knows the node, every id to its last digit, and nothing of any key', async () => {
    const secrets = {
      LD_API_KEY: KEY,
      LD_API_KEY_FILE: '/run/key',
      CI_SECRET: KEY,
      PROD_KEY: 'key-of-prod',
      AUTHORIZATION: `Bearer ${KEY}`,
    };
    await run('env', { env: { PATH: process.env.PATH, HARMLESS: 'yes', ...secrets } });
    const ids = ['LDCTL_NODE_ID=610809900976570889', 'LDCTL_ACTIVITY_ID=7261845022003200001'];
    const rest = [
      'LDCTL_NODE_NAME=broker-1',
      'LDCTL_DEPLOYMENT_ID=18446744073709551615',
      'LDCTL_RUNTIME=iggy',
      'LDCTL_ACTION=reconfigure:42',
    ];
    for (const line of [...ids, ...rest, 'HARMLESS=yes']) assert.ok(lines.includes(line), line);
    for (const name of Object.keys(secrets)) {
      assert.doesNotMatch(lines.join('\n'), new RegExp(`^${name}=`, 'm'));
    }
  });

  for (const [what, command, expected] of [
    [
      'both streams, the last line without an end too',
      'printf "one\\r\\n"; sleep 0.2; echo two >&2; sleep 0.2; printf three',
      ['one', 'two', 'three'],
    ],
    ['all of many lines', 'seq 20000', Array.from({ length: 20_000 }, (_, n) => String(n + 1))],
    [
      'lines that end as on Windows, or that are written over',
      'printf "a\\r\\nb\\rc\\n\\nd"',
      ['a', 'b', 'c', '', 'd'],
    ],
  ] as const) {
    it(`is heard line by line: ${what}`, async () => {
      // Its clock stands still: however slow the machine is, no line comes too late.
      await run(command, { clock: new VirtualClock() });
      assert.deepEqual(lines, expected);
    });
  }

  it('runs beside many others without a warning of Node', async () => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const over = new AbortController();
    const gates = Array.from({ length: 20 }, () => run('sleep 600', { signal: over.signal }));
    await nextTurn();
    over.abort();
    await Promise.all(gates);
    process.off('warning', warn);
    assert.deepEqual(warnings, []);
  });

  it('is read no faster than its lines are taken', async () => {
    const count = { taken: 0, atOnce: 0, most: 0 };
    const onLine = async (): Promise<void> => {
      count.most = Math.max(count.most, (count.atOnce += 1));
      await realSleep(1);
      count.atOnce -= 1;
      count.taken += 1;
    };
    await run('seq 60', { onLine, clock: new VirtualClock() });
    assert.deepEqual(count, { taken: 60, atOnce: 0, most: 1 });
  });

  it('ends, and leaves alone what it has started in the background', async () => {
    const clock = new VirtualClock();
    const exitCode = await passTime(
      clock,
      run('sleep 600 & echo $! > "$FOLDER/pid"; exit 3', { clock }),
    );
    const pid = await started();
    assert.ok(isThere(pid));
    process.kill(pid, 'SIGKILL');
    assert.deepEqual([exitCode, clock.asleep], [3, 0]);
  });

  for (const [which, command, says] of [
    [
      'ends when it is asked to',
      'trap "echo bye; kill -9 $$" TERM; sleep 600 & echo $$ > "$FOLDER/pid"; wait',
      ['bye'],
    ],
    [
      'ignores that it is asked to end',
      'trap "" TERM; echo $$ > "$FOLDER/pid"; while :; do sleep 600; done',
      [],
    ],
  ] as const) {
    it(`is ended by its signal with its whole process group, which ${which}`, async () => {
      const clock = new VirtualClock();
      const over = new AbortController();
      const ended = run(command, { clock, signal: over.signal });
      const pid = await started();
      over.abort();
      // Until it has said so, its clock stands still.
      await until('what it says at its end', () => lines.length === says.length);
      assert.equal(await passTime(clock, ended), null);
      assert.deepEqual(lines, says);
      await until('the end of its process group', () => !isThere(-pid));
      assert.equal(clock.asleep, 0);
    });
  }

  it('is not started after its signal', async () => {
    assert.equal(await run('touch "$FOLDER/x"', { signal: AbortSignal.abort() }), null);
    assert.ok(!existsSync(join(folder, 'x')));
  });

  it('is ended by taskkill on Windows, with all that it started', async () => {
    const system = join(folder, 'System32');
    mkdirSync(system);
    // Stands for taskkill. The last argument is the process id.
    const script = 'printf "%s " "$@" > "${0%/*}/killed"; for pid; do :; done; kill -9 "$pid"';
    writeFileSync(join(system, 'taskkill.exe'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const over = new AbortController();
    const ended = run('echo $$ > "$FOLDER/pid"; exec sleep 600', {
      env: { PATH: process.env.PATH, FOLDER: folder, SystemRoot: folder },
      platform: 'win32',
      signal: over.signal,
    });
    const pid = await started();
    over.abort();
    assert.equal(await ended, null);
    assert.equal(readFileSync(join(system, 'killed'), 'utf8'), `/T /F /PID ${pid} `);
  });
});
