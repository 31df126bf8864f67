import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { median } from '../median.js';

/** A command that is started again and again. */
export interface Timed {
  name: string;
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Ends the run early, counting to this moment. By default it counts until the process has ended. */
  until?: () => Promise<unknown>;
}

/**
 * Times whole processes, in turn, so that whatever else the machine does falls on all of them; the first turn is not
 * counted.
 * @returns the median of each in milliseconds, by name
 */
export async function measure(all: readonly Timed[], runs: number): Promise<ReadonlyMap<string, number>> {
  const taken = new Map(all.map(({ name }): [string, number[]] => [name, []]));
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const one of all) {
      const ms = await time(one);
      if (turn > 0) taken.get(one.name)?.push(ms);
    }
  }
  return new Map([...taken].map(([name, times]) => [name, median(times)]));
}

/** @throws Error when a command that is to end by itself fails */
async function time({ name, command, args, env, until }: Timed): Promise<number> {
  const seen = until?.();
  const begun = process.hrtime.bigint();
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'ignore'] });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const ms = (): number => Number(process.hrtime.bigint() - begun) / 1e6;
  if (seen) {
    const late = ended.then(([code]) => {
      throw new Error(`${name} ended (${String(code)}) before it asked anything`);
    });
    await Promise.race([seen, late]);
    late.catch(() => undefined);
    const taken = ms();
    child.kill('SIGKILL');
    await ended;
    return taken;
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}`);
  return ms();
}
