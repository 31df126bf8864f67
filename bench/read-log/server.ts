import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { DEPLOYMENT, entryText, idOf, WORK_MS } from './entries.js';
import { type LogOptions, type ServedLog } from './log.js';

/**
 * A growing log in a process of its own, so that its work is not counted as that of its readers. It keeps its entries as
 * the text that goes over the wire: a server that is slower than its readers would measure itself.
 */

/** Between two entries of the history, ms. */
const APART = 60_000;

class Log {
  /** Oldest first. */
  readonly #entries: string[] = [];
  readonly #order: LogOptions['order'];

  constructor({ entries, order }: LogOptions) {
    this.#order = order;
    const begin = Date.now() - entries * APART;
    for (let n = 0; n < entries; n += 1) this.#entries.push(entryText(n, begin + n * APART, 'completed'));
  }

  get ids(): string[] {
    return this.#entries.map((_, n) => idOf(n));
  }

  /** A new entry, which is final after a while. */
  grow(): void {
    const n = this.#entries.length;
    const now = Date.now();
    this.#entries.push(entryText(n, now, 'processing'));
    setTimeout(() => (this.#entries[n] = entryText(n, now, 'completed')), WORK_MS).unref();
  }

  page(page: number, results: number): string {
    const total = this.#entries.length;
    const begin = Math.min((page - 1) * results, total);
    const end = Math.min(begin + results, total);
    const [from, to] = this.#order === 'asc' ? [begin, end] : [total - end, total - begin];
    const items = this.#entries.slice(from, to);
    if (this.#order === 'desc') items.reverse();
    const pages = Math.ceil(total / results);
    return `{"items":[${items.join()}],"page":${page},"total_results":${total},"total_pages":${pages}}`;
  }
}

async function main(options: LogOptions): Promise<void> {
  const log = new Log(options);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    if (pathname !== `/deployments/${DEPLOYMENT}/activities`) return void response.writeHead(404).end();
    const [page = 1, results = 10] = ['page', 'results'].map((name) => Number(searchParams.get(name)));
    const body = log.page(page, results);
    setTimeout(answer, options.latencyMs, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const served: ServedLog = {
    env: { LD_API_KEY: `ld_pk_${'b'.repeat(32)}`, LD_SUPERVISOR_URL: url, LD_DEPLOYMENT_ID: DEPLOYMENT },
    ids: log.ids,
  };
  process.send?.(served);
  setInterval(() => log.grow(), options.growthMs);
  process.once('disconnect', () => process.exit());
}

function answer(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}

await main(JSON.parse(process.argv[2] ?? '') as LogOptions);
