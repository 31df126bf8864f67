import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';

export interface LogServer {
  url: string;
  /** Resolves when the next request arrives. */
  nextRequest(): Promise<unknown>;
  close(): void;
}

/** A Supervisor with a log of 20 entries, which gives the same page whatever is asked, and accepts what is triggered. */
export async function serveLog(): Promise<LogServer> {
  const server = createServer((request, answer) => {
    if (request.method === 'POST') return void answer.writeHead(202).end();
    answer.writeHead(200, { 'content-type': 'application/json' }).end(PAGE);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    nextRequest: () => once(server, 'request'),
    close: () => server.close(),
  };
}

const entries = Array.from({ length: 20 }, (_, index) => {
  const id = 7301845022003200500n - BigInt(index);
  return `{"id":${id},"tenant_id":7,"division_id":8,"environment_id":9,"deployment_id":7,"author_id":6,"runtime":"iggy","action":"restart","node_id":610809900976570889,"status":"completed","created_at":"2026-03-16T12:00:00Z","finished_at":"2026-03-16T12:00:03Z"}`;
});
const PAGE = `{"items":[${entries.join(',')}],"page":1,"total_results":20,"total_pages":1}`;
