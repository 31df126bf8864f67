import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  startSandbox,
  type DispatchRecord,
  type PostRecord,
  type RunningSandbox,
  type StartSandboxOptions,
} from '../../src/sandbox/index.js';
import { cleanEnvironment, ldctl, Run, type Ended } from './ldctl.js';

/** What is typed; a text is split at its spaces. */
export type Words = string | readonly string[];

export function wordsOf(words: Words): readonly string[] {
  return typeof words === 'string' ? words.split(' ') : words;
}

/**
 * A condition that does not come about within this much real time never will. It is shorter than
 * the time limit of a test, so that what a test waits for is said.
 */
const LONGEST_WAIT_MS = 50_000;

interface ServerClock {
  /** Ms UTC; null while it runs. */
  stoppedAt: number | null;
}

/** A sandbox served by this process, and ldctl in processes of its own that are pointed at it. */
export class Scene {
  readonly sandbox: RunningSandbox;
  readonly url: string;
  /** The environment of every process; a test may change it before it starts one. */
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly #runs: Run[] = [];
  readonly #clock: ServerClock;

  private constructor(sandbox: RunningSandbox, clock: ServerClock) {
    this.sandbox = sandbox;
    this.#clock = clock;
    this.url = sandbox.apiUrl;
    this.folder = mkdtempSync(join(tmpdir(), 'ldctl-scene-'));
    this.env = { ...cleanEnvironment(this.folder), ...sandbox.env };
  }

  /** Entries appear at once and take 0.3 s, unless `options` say otherwise. */
  static async open(options: StartSandboxOptions = {}): Promise<Scene> {
    const clock: ServerClock = { stoppedAt: null };
    const now = () => clock.stoppedAt ?? Date.now();
    const defaults = { appearMs: 0, workMs: 300, seed: 1, now };
    return new Scene(await startSandbox({ ...defaults, ...options }), clock);
  }

  /**
   * Stops the clock of the server: until it runs again no entry appears and no node is done,
   * however slow the machine is.
   */
  stopClock(): void {
    this.#clock.stoppedAt = Date.now();
  }

  startClock(): void {
    this.#clock.stoppedAt = null;
  }

  /** The sandbox's nodes as they are written on a command line. */
  get nodes(): string[] {
    return this.sandbox.nodeIds.map(String);
  }

  get posts(): readonly PostRecord[] {
    return this.sandbox.record.posts;
  }

  get bodies(): string[] {
    return this.posts.map(({ body }) => body);
  }

  /** What clients had run; not what other operators did. */
  get dispatches(): DispatchRecord[] {
    return this.sandbox.record.dispatches.filter(({ idempotency_key: key }) => key !== null);
  }

  get dispatched(): number {
    return this.dispatches.length;
  }

  /** The nodes that clients acted on, in order, as often as they did. */
  get actedOn(): bigint[] {
    return this.dispatches.flatMap(({ activities }) => activities.map(({ node_id }) => node_id));
  }

  /** Another operator restarts iggy. */
  restartByOther(...nodes: bigint[]): DispatchRecord {
    const restart = { runtime: 'iggy', action: 'restart' } as const;
    return this.sandbox.dispatchAsOther(nodes.length > 0 ? { ...restart, nodes } : restart);
  }

  /** Takes out of the environment what points at the sandbox, as for a newcomer. */
  forget(): this {
    for (const name of Object.keys(this.env)) {
      if (/^LD_|^LDCTL_SANDBOX/.test(name)) this.env[name] = undefined;
    }
    return this;
  }

  /** Starts ldctl. */
  start(args: Words, env: NodeJS.ProcessEnv = {}): Run {
    const [program, ...words] = ldctl(...wordsOf(args));
    return this.spawn(program, words, env);
  }

  /** Runs ldctl to its end, with an empty stdin. */
  ldctl(args: Words, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.start(args, env).input().ended();
  }

  /** The same. @throws AssertionError when it ends with another code */
  ends(code: number, args: Words, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return endsWith(code, this.ldctl(args, env));
  }

  /** Runs a line of shell to its end; `ldctl` is on its PATH. */
  shell(script: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.spawn('sh', ['-c', script], env).input().ended();
  }

  /** Starts any program in this environment. */
  spawn(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
    const run = new Run(command, args, { ...this.env, ...env });
    this.#runs.push(run);
    return run;
  }

  /** Ends the sandbox, and whatever is still running. */
  async close(): Promise<void> {
    for (const run of this.#runs) run.kill('SIGKILL');
    await Promise.allSettled(this.#runs.map((run) => run.ended()));
    await this.sandbox.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Plays one scene, and clears up after it. */
export async function withScene(
  options: StartSandboxOptions,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const opened = await Scene.open(options);
  try {
    await play(opened);
  } finally {
    await opened.close();
  }
}

/** @throws AssertionError when a run ends with another code than this */
export async function endsWith(code: number, run: Run | Promise<Ended>): Promise<Ended> {
  const ended = await (run instanceof Run ? run.ended() : run);
  assert.equal(ended.code, code, `${ended.stdout.slice(-2000)}\n${ended.stderr.slice(-2000)}`);
  return ended;
}

/** Looks until it is so, as long as that may take on a slow machine. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = Date.now() + LONGEST_WAIT_MS;
  while (!isSo()) {
    assert.ok(Date.now() < end, `still waiting for ${what}`);
    await realSleep(5);
  }
}

/** The command that a run printed that continues it. */
export function resumeIn({ stderr }: Ended): string {
  const command = /^(?:next|or): (ldctl activities (?:wait|trigger|roll) .*)$/m.exec(stderr)?.[1];
  assert.ok(command !== undefined, `no resume command in:\n${stderr}`);
  return command;
}

interface Play {
  play: () => Promise<void>;
  end?: Promise<void>;
}
/** By suite, what is to be played. */
const plays = new WeakMap<Mocha.Suite, Play[]>();

/** What mocha was asked for, as in `npx mocha FILE --grep TEXT`. */
const { grep } = parseArgs({
  args: process.argv.slice(2),
  options: { grep: { type: 'string', short: 'g' } },
  strict: false,
}).values;

/**
 * A test that mostly waits: those of a suite are played side by side, some at a time, from the
 * first one on; with --grep only what it selects. None may share anything with another.
 */
export function plan(title: string, play: () => Promise<void>): void {
  const own: Play = { play };
  const test = it(title, () => {
    if (!own.end) {
      const inTurn = turnstile(5);
      // Its own test is the one to fail, and that may not have come to it yet.
      for (const one of all) (one.end = inTurn(one.play)).catch(() => undefined);
    }
    own.end ??= own.play();
    return own.end;
  });
  test.timeout(300_000);
  const suite = test.parent ?? assert.fail('a test in no suite');
  const all = plays.get(suite) ?? [];
  plays.set(suite, all);
  const isPlayed = typeof grep !== 'string' || new RegExp(grep).test(test.fullTitle());
  if (isPlayed) all.push(own);
}

/** The same with a sandbox of its own. */
export function story(
  title: string,
  options: StartSandboxOptions,
  play: (scene: Scene) => Promise<void>,
): void {
  plan(title, () => withScene(options, play));
}

/** Lets as many in at a time as it has places; the others wait. */
export function turnstile(places: number): (work: () => Promise<void>) => Promise<void> {
  const inside = new Set<Promise<void>>();
  return async (work) => {
    while (inside.size >= places) await Promise.race(inside).catch(() => undefined);
    const playing = work();
    inside.add(playing);
    return playing.finally(() => inside.delete(playing));
  };
}
