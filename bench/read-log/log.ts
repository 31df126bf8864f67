import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url));

export interface LogOptions {
  /** How many there are at the start. */
  entries: number;
  order: 'asc' | 'desc';
  /** How long every answer is on its way, in ms. */
  latencyMs: number;
  /** An entry comes to it this often, in ms. */
  growthMs: number;
}

/** As far away and as busy as the logs of the benches are. */
export const GROWING = { latencyMs: 5, growthMs: 20 } as const;

export interface ServedLog {
  /** What points a client at it. */
  env: Record<string, string>;
  /** All that it held at the start. */
  ids: string[];
}

/** Serves a log that grows, for as long as `use` takes. */
export async function withLog<T>(options: LogOptions, use: (log: ServedLog) => Promise<T>): Promise<T> {
  const server = fork(SERVER, [JSON.stringify(options)], { execArgv: ['--import', 'tsx'] });
  const failed = once(server, 'exit').then(() => {
    throw new Error('the server of the log ended too early');
  });
  try {
    const [log] = (await Promise.race([once(server, 'message'), failed])) as [ServedLog];
    return await Promise.race([use(log), failed]);
  } finally {
    failed.catch(() => undefined);
    server.disconnect();
  }
}
