import { spawnSync } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { execa, type Options, type ResultPromise } from 'execa';
import type { Clock } from '../../base/clock.js';
import { usageError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import type { ApiKey } from '../../base/secret.js';
import { linesOf } from '../../base/streams.js';
import type { Env } from '../../base/text.js';
import { endWithProcess } from '../signals.js';

/** What a gate gets, each as `LDCTL_…` in its environment: `LDCTL_NODE_ID`. */
type GateFacts = Readonly<Record<string, Id | string | null>>;

export interface GateOptions {
  env: Env;
  platform: NodeJS.Platform;
  clock: Clock;
  /** They are not for gates. */
  keys: readonly ApiKey[];
  /** Ends the gate and its process group. */
  signal: AbortSignal;
  /**
   * Takes what the gate writes, line by line, each cut at 64 kB; waited for before the next, which
   * slows down a gate that is faster.
   */
  onLine: (line: string) => void | Promise<void>;
}

/**
 * How long a gate has to end after it was asked to: short enough for Ctrl-C to end everything
 * within a second.
 */
const GRACE_MS = 700;
/**
 * How long the output is still read after the shell has ended: what it left in the background may
 * write forever.
 */
const DRAIN_MS = 500;

/**
 * Runs the gate of a node: by a shell, in a process group of its own.
 * @returns its exit code once it has ended; null where it could not be run, or a signal ended it
 */
export async function runGate(
  command: string,
  facts: GateFacts,
  options: GateOptions,
): Promise<number | null> {
  const { clock, platform, signal, onLine } = options;
  if (signal.aborted) return null;
  if (!hasWorkingDirectory()) {
    await onLine('could not be run: the working directory is gone');
    return null;
  }
  const env = gateEnvironment(facts, options);
  const child = execa(command, { ...EXECA_OPTIONS, env, detached: platform !== 'win32' });
  if (child.pid === undefined) {
    await onLine(`could not be run: ${(await child).code ?? 'it was not started'}`);
    return null;
  }
  const over = new AbortController();
  const reading = readLines(child.all, onLine, over.signal).catch((error: unknown) => {
    // At the end its stream is destroyed below.
    if (!over.signal.aborted) throw error;
  });
  void reading.finally(() => over.abort());
  const sleep = (ms: number, until: AbortSignal) => clock.sleep(ms, until).catch(() => undefined);
  const kill = () => endGroup(child, 'SIGKILL', options);
  let ending: Promise<void> | undefined;
  const end = () => {
    endGroup(child, 'SIGTERM', options);
    ending = sleep(GRACE_MS, over.signal).then(kill);
  };
  // At a second signal nothing more is waited for, and the result is still printed.
  const release = endWithProcess(() => {
    kill();
    over.abort();
  });
  // Gates that run side by side share it, and there may be more than Node expects.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', end);
  try {
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    await sleep(DRAIN_MS, AbortSignal.any([signal, over.signal]));
    await ending;
    return exitCode;
  } finally {
    release();
    signal.removeEventListener('abort', end);
    over.abort();
    // What keeps the other end open must not keep this process alive.
    for (const stream of [child.all, child.stdout, child.stderr]) stream.destroy();
  }
}

/** A plain word at the start of a command: what it names can be looked up. */
const PLAIN_WORD = /^[\w./-]+(?= |$)/;
/** Whether a shell can run `$1`. Of a path, `command -v` does not say that of each shell. */
const CAN_RUN = 'case $1 in */*) [ -f "$1" ] && [ -x "$1" ] ;; *) command -v "$1" ;; esac';

/**
 * Finds a gate that cannot work before anything is sent. Anything but a plain word is left to the
 * shell, and so is all of it on Windows, where a command of `cmd` itself cannot be asked for.
 * @throws UsageError where its program is not there
 */
export function checkGateProgram(
  command: string,
  { env, platform }: Pick<GateOptions, 'env' | 'platform'>,
) {
  const [program] = PLAIN_WORD.exec(command) ?? [];
  if (program === undefined || platform === 'win32') return;
  const { status } = spawnSync('/bin/sh', ['-c', CAN_RUN, 'sh', program], {
    env: { PATH: env.PATH },
    stdio: 'ignore',
  });
  // Null where no shell could be started: the gate itself will say why.
  if (status === 0 || status === null) return;
  throw usageError(
    'gate_not_found',
    `--gate: the shell finds no program ${program} that it may run; nothing was sent`,
    'Check its path, and its mode: a script needs `chmod +x`.',
  );
}

function hasWorkingDirectory() {
  try {
    return process.cwd() !== '';
  } catch {
    return false;
  }
}

const EXECA_OPTIONS = {
  shell: true,
  extendEnv: false,
  stdin: 'ignore',
  all: true,
  buffer: false,
  reject: false,
  cleanup: false,
} as const satisfies Options;
type Child = ResultPromise<typeof EXECA_OPTIONS>;

/** Without the keys, and the way to them. */
function gateEnvironment(facts: GateFacts, { env, keys }: GateOptions): NodeJS.ProcessEnv {
  const isHarmless = ([name, value = '']: [string, string?]) =>
    !['LD_API_KEY', 'LD_API_KEY_FILE'].includes(name.toUpperCase()) &&
    !keys.some((key) => key.isIn(value));
  const given = Object.entries(facts).map(([name, fact]) => [
    `LDCTL_${name.toUpperCase()}`,
    String(fact ?? ''),
  ]);
  return Object.fromEntries([
    ...Object.entries(env).filter(isHarmless),
    ...given,
  ]) as NodeJS.ProcessEnv;
}

/** Ends a shell and its process group; on Windows, all that it started. */
function endGroup(child: Child, how: 'SIGTERM' | 'SIGKILL', { env, platform }: GateOptions) {
  const { pid, exitCode } = child;
  if (pid === undefined) return;
  if (platform === 'win32') {
    // Once it has ended, its number may be another's.
    if (exitCode === null) {
      // What PATH has under its name may be another.
      const taskkill = join(env.SystemRoot ?? 'C:\\Windows', 'System32', 'taskkill.exe');
      spawnSync(taskkill, ['/T', '/F', '/PID', String(pid)]);
    }
    return;
  }
  try {
    process.kill(-pid, how);
  } catch {
    // All of it has ended already.
  }
}

/** Takes the output line by line, each when `onLine` is done with the one before. */
async function readLines(input: Readable, onLine: GateOptions['onLine'], over: AbortSignal) {
  let count = 0;
  for await (const line of linesOf(input)) {
    // What is still in memory would be written when no one waits for it any more, and keep the
    // process alive.
    if (over.aborted) return;
    await onLine(line);
    // Where stderr is a file, all of that is one turn, and signals and timers come between turns.
    count += 1;
    if (count % 100 === 0) await nextTurn();
  }
}
