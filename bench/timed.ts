import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** What a process held, in kB. */
export interface Memory {
  /** The most at a time, of all kinds. */
  peakKb: number;
  /** Of V8 for new objects, at the end. */
  youngKb: number;
}

/** Writes to descriptor 3, at the end of the process that loads it, what it held, as JSON. */
export const TELL_MEMORY = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from 'node:fs';
import { getHeapSpaceStatistics } from 'node:v8';
process.on('exit', () => {
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
  writeSync(3, JSON.stringify({ peakKb: process.resourceUsage().maxRSS, youngKb: young.space_size / 1024 }));
});
`)}`;

/**
 * Runs a program.
 * @param stdout a descriptor of its own, or `ignore`
 * @returns the time from start to end, and what it wrote to descriptor 3
 * @throws Error when it fails
 */
export async function timed(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stdout: number | 'ignore',
): Promise<{ wallMs: number; told: string }> {
  const begin = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', stdout, 'inherit', 'pipe'] });
  const [, , , tell] = child.stdio;
  const [[code], told] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    tell && 'read' in tell ? text(tell) : '',
  ]);
  const wallMs = performance.now() - begin;
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return { wallMs, told };
}
