import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import {
  startSandbox,
  type PostRecord,
  type RunningSandbox,
  type StartSandboxOptions,
} from '../../src/sandbox/index.js';
import { cleanEnvironment, ldctl, Run, type Ended } from './ldctl.js';

/** A condition that does not come about within this much real time never will. */
const LONGEST_WAIT_MS = 120_000;

/** A sandbox served by this process, and ldctl in processes of its own that are pointed at it. */
export class Scene {
  readonly sandbox: RunningSandbox;
  readonly url: string;
  /** The environment of every process; a test may change it before it starts one. */
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly #runs: Run[] = [];

  private constructor(sandbox: RunningSandbox) {
    this.sandbox = sandbox;
    this.url = sandbox.apiUrl;
    this.folder = mkdtempSync(join(tmpdir(), 'ldctl-scene-'));
    this.env = { ...cleanEnvironment(this.folder), ...sandbox.env };
  }

  /** Entries appear at once and take 0.3 s, unless `options` say otherwise. */
  static async open(options: StartSandboxOptions = {}): Promise<Scene> {
    return new Scene(await startSandbox({ appearMs: 0, workMs: 300, seed: 1, ...options }));
  }

  /** The sandbox's nodes as they are written on a command line. */
  get nodes(): string[] {
    return this.sandbox.nodeIds.map(String);
  }

  get posts(): readonly PostRecord[] {
    return this.sandbox.record.posts;
  }

  /** How many actions clients had carried out; those of other operators are not counted. */
  get dispatched(): number {
    return this.sandbox.record.dispatches.filter(({ idempotency_key: key }) => key !== null).length;
  }

  /** Starts ldctl. */
  start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
    const [program, ...words] = ldctl(...args);
    return this.spawn(program, words, env);
  }

  /** Runs ldctl to its end, with an empty stdin. */
  ldctl(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.start(args, env).input().ended();
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
export async function withScene(options: StartSandboxOptions, play: (scene: Scene) => Promise<void>): Promise<void> {
  const opened = await Scene.open(options);
  try {
    await play(opened);
  } finally {
    await opened.close();
  }
}

/** Looks until it is so, as long as that may take on a slow machine. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = Date.now() + LONGEST_WAIT_MS;
  while (!isSo()) {
    assert.ok(Date.now() < end, `still waiting for ${what}`);
    await realSleep(5);
  }
}

/** The command that a run printed to go on with it. */
export function resumeIn({ stderr }: Ended): string {
  const command = /^(?:next|or): (ldctl activities (?:wait|trigger|roll) .*)$/m.exec(stderr)?.[1];
  assert.ok(command !== undefined, `no resume command in:\n${stderr}`);
  return command;
}
