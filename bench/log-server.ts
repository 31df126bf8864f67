import { createServer } from 'node:http';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/**
 * A log that grows, on a server in a process of its own: its work is not counted as that of its
 * readers.
 */
export interface ServedLog {
  /** What points a client at it. */
  env: Record<string, string>;
  /** All that it held at the start. */
  ids: string[];
}

export interface LogOptions {
  entries: number;
  order: 'asc' | 'desc';
  /** How long every answer is on its way, in ms. */
  latencyMs: number;
  /** An entry comes to it this often, in ms. */
  growthMs: number;
}

const FILE = fileURLToPath(import.meta.url);
const DEPLOYMENT = '7263012455120900033';
const WORK_MS = 500;
/** Between two entries of the history. */
const APART_MS = 60_000;

/** Serves a log for as long as `use` takes. */
export async function withLog<T>(
  options: LogOptions,
  use: (log: ServedLog) => Promise<T>,
): Promise<T> {
  const server = fork(FILE, [JSON.stringify(options)], { execArgv: ['--import', 'tsx'] });
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

const idOf = (n: number): string => String(7_301_845_022_003_200_001n + BigInt(n) * 37n);

/**
 * An entry as it goes over the wire: kept as text, since a server slower than its readers would
 * measure itself.
 */
function entryText(n: number, createdAt: number, status: string): string {
  const finished = status === 'processing' ? null : new Date(createdAt + WORK_MS).toISOString();
  return (
    `{"id":${idOf(n)},"tenant_id":7261845022003200001,"division_id":7261845022003200101,` +
    `"environment_id":7261845022003200202,"deployment_id":${DEPLOYMENT},"author_id":608123456789012346,` +
    `"runtime":"iggy","action":"restart","node_id":${610_809_900_976_570_889n + BigInt(n % 9)},"status":"${status}",` +
    `"created_at":"${new Date(createdAt).toISOString()}","finished_at":${JSON.stringify(finished)}}`
  );
}

async function serve({ entries, order, latencyMs, growthMs }: LogOptions): Promise<void> {
  const start = Date.now() - entries * APART_MS;
  const log = Array.from({ length: entries }, (_, n) =>
    entryText(n, start + n * APART_MS, 'completed'),
  );
  const page = (number: number, results: number): string => {
    const from = Math.min((number - 1) * results, log.length);
    const to = Math.min(from + results, log.length);
    const items =
      order === 'asc'
        ? log.slice(from, to)
        : log.slice(log.length - to, log.length - from).reverse();
    const pages = Math.ceil(log.length / results);
    return `{"items":[${items.join()}],"page":${number},"total_results":${log.length},"total_pages":${pages}}`;
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    if (pathname !== `/deployments/${DEPLOYMENT}/activities`) {
      return void response.writeHead(404).end();
    }
    const body = page(
      Number(searchParams.get('page') ?? 1),
      Number(searchParams.get('results') ?? 10),
    );
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    setTimeout(() => response.writeHead(200, headers).end(body), latencyMs);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    LD_API_KEY: `ld_pk_${'b'.repeat(32)}`,
    LD_SUPERVISOR_URL: url,
    LD_DEPLOYMENT_ID: DEPLOYMENT,
  };
  process.send?.({ env, ids: log.map((_, n) => idOf(n)) } satisfies ServedLog);
  setInterval(() => {
    const [n, now] = [log.length, Date.now()];
    log.push(entryText(n, now, 'processing'));
    setTimeout(() => (log[n] = entryText(n, now, 'completed')), WORK_MS).unref();
  }, growthMs);
  process.once('disconnect', () => process.exit());
}

if (process.argv[1] === FILE) await serve(JSON.parse(process.argv[2] ?? '') as LogOptions);
