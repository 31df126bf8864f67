import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { execa, type Options, type ResultPromise } from 'execa';
import type { Clock } from '../base/clock.js';
import type { Id } from '../base/ids.js';
import type { GateResult } from '../base/outcome.js';
import type { ApiKey } from '../base/secret.js';
import type { Env } from '../base/text.js';

/** What a gate is told, each as `LDCTL_…` in its environment: `LDCTL_NODE_ID`. */
type GateFacts = Record<'node_id' | 'deployment_id' | 'runtime' | 'action', Id | string> & {
  activity_id: Id | null;
  node_name: string | null;
};

export interface GateOptions {
  env: Env;
  platform: NodeJS.Platform;
  clock: Clock;
  /** It is not for gates. */
  key: ApiKey;
  /** Ends the gate, with all that it started. */
  signal: AbortSignal;
  /**
   * Takes what the gate writes, line by line; waited for before the next, which slows down a gate
   * that is faster.
   */
  onLine: (line: string) => void | Promise<void>;
}

/**
 * Between asking a gate to end, and ending it: short enough for Ctrl-C to end everything within a
 * second.
 */
const GRACE_MS = 700;
/**
 * How long the output is still read after the shell has ended: what it left in the background may
 * write for ever.
 */
const DRAIN_MS = 500;

/**
 * Runs the gate of a node: by a shell, in a process group of its own.
 * @returns once it has ended; one that was ended by the signal has no exit code
 */
export async function runGate(
  command: string,
  facts: GateFacts,
  options: GateOptions,
): Promise<GateResult> {
  const { clock, signal, onLine } = options;
  const startedAt = clock.elapsed();
  const ended = (exitCode: number | null): GateResult => ({
    exit_code: signal.aborted ? null : exitCode,
    timed_out: false,
    took_ms: Math.round(clock.elapsed() - startedAt),
  });
  if (signal.aborted) return ended(null);
  const child = startShell(command, options, gateEnvironment(facts, options));
  if (child.pid === undefined) {
    await onLine(`could not be run: ${(await child).code ?? 'it was not started'}`);
    return ended(null);
  }
  const over = new AbortController();
  void readLines(child.all, onLine, over.signal).finally(() => over.abort());
  const sleep = (ms: number, until: AbortSignal): Promise<void> =>
    clock.sleep(ms, until).catch(() => undefined);
  const kill = (): void => endGroup(child, 'SIGKILL', options);
  let ending: Promise<void> | undefined;
  const end = (): void => {
    endGroup(child, 'SIGTERM', options);
    ending = sleep(GRACE_MS, over.signal).then(kill);
  };
  process.once('exit', kill);
  signal.addEventListener('abort', end);
  try {
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    const result = ended(exitCode);
    await sleep(DRAIN_MS, AbortSignal.any([signal, over.signal]));
    await ending;
    return result;
  } finally {
    process.off('exit', kill);
    signal.removeEventListener('abort', end);
    over.abort();
    // What keeps the other end open must not keep this process alive.
    for (const stream of [child.all, child.stdout, child.stderr]) stream.destroy();
  }
}

const EXECA_OPTIONS = {
  extendEnv: false,
  stdin: 'ignore',
  all: true,
  buffer: false,
  reject: false,
  cleanup: false,
} as const satisfies Options;
type Child = ResultPromise<typeof EXECA_OPTIONS>;

function startShell(command: string, { platform }: GateOptions, env: NodeJS.ProcessEnv): Child {
  if (platform !== 'win32') {
    return execa('sh', ['-c', command], { ...EXECA_OPTIONS, env, detached: true });
  }
  // Without what the registry has for each start of it; the line reaches it quote for quote.
  const args = ['/d', '/s', '/c', `"${command}"`];
  return execa(windowsProgram('cmd.exe', env), args, {
    ...EXECA_OPTIONS,
    env,
    windowsVerbatimArguments: true,
  });
}

/** Without the key, and the way to it. */
function gateEnvironment(facts: GateFacts, { env, key }: GateOptions): NodeJS.ProcessEnv {
  const isHarmless = ([name, value = '']: [string, string?]): boolean =>
    !['LD_API_KEY', 'LD_API_KEY_FILE'].includes(name.toUpperCase()) && !key.isIn(value);
  const told = Object.entries(facts).map(([name, fact]) => [
    `LDCTL_${name.toUpperCase()}`,
    String(fact ?? ''),
  ]);
  return Object.fromEntries([
    ...Object.entries(env).filter(isHarmless),
    ...told,
  ]) as NodeJS.ProcessEnv;
}

/** Ends a shell and all that it started. */
function endGroup(child: Child, how: 'SIGTERM' | 'SIGKILL', { env, platform }: GateOptions): void {
  const { pid, exitCode } = child;
  if (pid === undefined) return;
  if (platform === 'win32') {
    // Once it has ended, its number may be another's.
    if (exitCode === null) {
      spawnSync(windowsProgram('taskkill.exe', env), ['/T', '/F', '/PID', String(pid)]);
    }
    return;
  }
  try {
    process.kill(-pid, how);
  } catch {
    // All of it has ended already.
  }
}

/** A program of Windows' own, by its full path: what PATH has under its name may be another. */
function windowsProgram(name: string, { SystemRoot = 'C:\\Windows' }: Env): string {
  return join(SystemRoot, 'System32', name);
}

/** Takes the output line by line, each when `onLine` is done with the one before. */
async function readLines(
  input: Readable,
  onLine: GateOptions['onLine'],
  over: AbortSignal,
): Promise<void> {
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    // What is still in memory would be written when no one waits for it any more, and keep the
    // process alive.
    if (over.aborted) return;
    await onLine(line);
    // One that writes without end must not keep the clock from ticking.
    await nextTurn();
  }
}
