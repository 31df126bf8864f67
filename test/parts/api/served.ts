import { type ClientOptions } from '../../../src/api/client.js';
import { CoreApi } from '../../../src/api/core-api.js';
import { SupervisorApi } from '../../../src/api/supervisor-api.js';
import { type Clock } from '../../../src/base/clock.js';
import { type Id } from '../../../src/base/ids.js';
import { type Accepted, type ActivityPage } from '../../../src/base/supervisor.js';
import { reply, startServer } from '../../helpers/server.js';
import { KEY } from '../../wire/wire.js';

export { REQUEST_ID } from '../../helpers/server.js';
export { KEY };

/** Nothing is waited for between two tries. */
const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: () => Promise.resolve(),
  limit: () => () => undefined,
  every: () => () => undefined,
};

/** An answer, with a JSON body unless it is a string. */
export interface Served {
  status?: number;
  body?: unknown;
  /** Beside the id of the request, unless they have one. */
  headers?: Record<string, string>;
}

/** What the clients make of one answer, however often they ask. */
async function served<T>(
  { status = 200, body = '', headers }: Served,
  ask: (options: ClientOptions) => Promise<T>,
): Promise<T> {
  const server = await startServer(reply(status, body, headers));
  try {
    return await ask({ url: server.url, apiKey: KEY, clock });
  } finally {
    await server.close();
  }
}

export function trigger(answer: Served, nodes: Id[] | null = null): Promise<Accepted> {
  const request = {
    deploymentId: 7n,
    runtime: 'iggy',
    action: 'restart',
    nodes,
    wireKey: 'k',
  } as const;
  return served(answer, (options) => new SupervisorApi(options).trigger(request));
}

export function list(answer: Served): Promise<ActivityPage> {
  return served(answer, (options) =>
    new SupervisorApi(options).list(7n, { page: 1, results: 10 }, { tries: 'one' }),
  );
}

export function core<T>(body: unknown, ask: (api: CoreApi) => Promise<T>): Promise<T> {
  return served({ body }, (options) => ask(new CoreApi(options)));
}

/** An object without some of its fields. */
export function without(
  fields: Record<string, unknown>,
  ...names: string[]
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** An entry of the log with what the contract requires. */
export function entry(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ...{
      id: 41n,
      node_id: 610809900976570889n,
      runtime: 'iggy',
      action: 'restart',
      status: 'completed',
    },
    created_at: '2026-06-01T11:59:00Z',
    ...fields,
  };
}

export function page(
  items: unknown,
  fields: Record<string, unknown> = {},
): Record<string, unknown> {
  const total = Array.isArray(items) ? BigInt(items.length) : 0n;
  return { items, page: 1n, total_results: total, total_pages: 1n, ...fields };
}
