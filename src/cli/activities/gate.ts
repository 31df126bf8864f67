import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Clock } from '../../base/clock.js';
import type { Gate, GateFacts } from '../../base/roll.js';
import type { Scrub } from '../../output/streams.js';
import { ProcessTree, treeOptions } from '../../system/process-tree.js';
import type { Started } from '../../system/cmd.js';
import type { System } from '../../system/environment.js';
import { GateOutput } from './gate-output.js';

export interface GateHost extends System {
  clock: Clock;
  /** Takes the key out of a text. */
  scrub: Scrub;
}

/** The key, and the way to it: a gate has no business with them. */
const SECRET_VARIABLES: ReadonlySet<string> = new Set(['LD_API_KEY', 'LD_API_KEY_FILE']);

/**
 * Makes a gate out of a program, such as a shell with its command (design, "Rolling"): told about the node in its environment, and ended with
 * all that it started after `timeoutMs`, or when the roll is given up.
 */
export function commandGate(program: Started, timeoutMs: number, host: GateHost): Gate {
  const { clock } = host;
  return async (facts, { signal, timeLeftMs, onLine }) => {
    signal.throwIfAborted();
    const startedAt = clock.elapsed();
    const tookMs = (): number => Math.round(clock.elapsed() - startedAt);
    let child;
    try {
      child = await start(program, facts, host);
    } catch (error) {
      await onLine(`could not be run: ${error instanceof Error ? error.message : String(error)}`);
      return { exit_code: null, timed_out: false, took_ms: tookMs() };
    }
    const output = new GateOutput([child.stdout, child.stderr], onLine);
    const tree = new ProcessTree(child, host);
    try {
      const exit = once(child, 'exit') as Promise<[number | null]>;
      const timedOut = await endInTime(exit, tree, { clock, signal, limitMs: Math.min(timeoutMs, timeLeftMs) });
      const [exitCode] = await exit;
      const took_ms = tookMs();
      await output.lastWords(clock);
      signal.throwIfAborted();
      return { exit_code: timedOut ? null : exitCode, timed_out: timedOut, took_ms };
    } finally {
      output.close();
      tree.release();
    }
  };
}

/** @throws the system's error when it cannot be run */
async function start(
  program: Started,
  facts: GateFacts,
  host: GateHost,
): Promise<ChildProcessByStdio<null, Readable, Readable>> {
  const { file, args, options } = program;
  const env = gateEnvironment(facts, host);
  const child = spawn(file, args, {
    ...options,
    ...treeOptions(host.platform),
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  await once(child, 'spawn');
  return child;
}

function gateEnvironment(facts: GateFacts, { env, scrub }: GateHost): NodeJS.ProcessEnv {
  const isHarmless = ([name, value = '']: [string, string?]): boolean =>
    !SECRET_VARIABLES.has(name.toUpperCase()) && scrub(value) === value;
  const inherited = Object.entries(env).filter(isHarmless);
  return {
    ...Object.fromEntries(inherited),
    LDCTL_NODE_ID: String(facts.nodeId),
    LDCTL_ACTIVITY_ID: facts.activityId === null ? '' : String(facts.activityId),
    LDCTL_DEPLOYMENT_ID: String(facts.deploymentId),
    LDCTL_RUNTIME: facts.runtime,
    LDCTL_ACTION: facts.action,
  };
}

/** Waits for the exit, and ends the whole tree when its time is up or the signal is aborted. @returns whether time was up */
async function endInTime(
  exit: Promise<unknown>,
  tree: ProcessTree,
  { clock, signal, limitMs }: { clock: Clock; signal: AbortSignal; limitMs: number },
): Promise<boolean> {
  const over = new AbortController();
  const giveUp = (): void => over.abort();
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  const timeIsUp = clock.sleep(limitMs, over.signal).then(
    () => true,
    () => false,
  );
  const ended = exit.then(() => false);
  try {
    const timedOut = await Promise.race([ended, timeIsUp]);
    if (timedOut || signal.aborted) await tree.end(clock);
    return timedOut;
  } finally {
    over.abort();
    signal.removeEventListener('abort', giveUp);
  }
}
