import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** What a process held, in kB. */
export interface Memory {
  /** The most at a time, of all kinds. */
  peakKb: number;
  /** Of V8 for new objects, at the end. */
  youngKb: number;
}

/** What has a process tell its `Memory`, as NODE_OPTIONS. */
export const TELL_MEMORY = `--require="${fileURLToPath(new URL('tell-memory.cjs', import.meta.url))}"`;

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
