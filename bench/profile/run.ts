import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LDCTL } from '../../test/helpers/ldctl.js';
import { type CpuProfile } from './cpu-profile.js';

/** Between two looks at where it is. Less than this slows the command down itself. */
const INTERVAL_US = 500;

/** A command line of the built command, what runs it, and for what server. */
export interface Profiled {
  /** Node's program. */
  node: string;
  args: readonly string[];
  /** All of its environment. */
  env: NodeJS.ProcessEnv;
}

/** A run that was looked at. */
export interface ProfiledRun {
  profile: CpuProfile;
  code: number;
  stderr: string;
}

/**
 * Runs it, one after the other; the first run, which finds nothing in any cache, is not counted.
 * @param folder for what it writes
 * @returns the run that took the median time, or less where there are two in the middle
 */
export async function medianRun(what: Profiled, runs: number, folder: string): Promise<ProfiledRun> {
  const done: ProfiledRun[] = [];
  for (let turn = 0; turn <= runs; turn += 1) {
    const run = await profiled(what, mkdtempSync(join(folder, 'run-')));
    if (turn > 0) done.push(run);
  }
  const median = done.sort((a, b) => took(a) - took(b))[Math.floor((runs - 1) / 2)];
  if (!median) throw new Error(`${runs} runs have no median`);
  return median;
}

/** As `process.version` has it. @throws Error when the program is none of Node's */
export function versionOf(node: string): string {
  const { stdout, error } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (error || !/^v\d+/.test(stdout))
    throw new Error(`${node} is no program of Node's: ${error?.message ?? 'it says no version'}`);
  return stdout.trim();
}

/** @throws Error when a signal ended it, or it left no profile */
async function profiled({ node, args, env }: Profiled, folder: string): Promise<ProfiledRun> {
  const streams = ['stdout', 'stderr'].map((name) => join(folder, name));
  const opened = streams.map((file) => openSync(file, 'w'));
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${INTERVAL_US}`];
  const child = spawn(node, [...flags, LDCTL, ...args], { env, stdio: ['ignore', ...opened] });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  for (const descriptor of opened) closeSync(descriptor);
  // Beside those of other threads: CPU.DATE.TIME.PID.THREAD.COUNT.cpuprofile.
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile') && name.includes(`.${child.pid}.0.`));
  if (code === null || file === undefined) throw new Error(`ldctl ended with ${signal ?? code} and left no profile`);
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
  return { profile, code, stderr: readFileSync(join(folder, 'stderr'), 'utf8') };
}

function took({ profile }: ProfiledRun): number {
  return profile.endTime - profile.startTime;
}
