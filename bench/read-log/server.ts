import { sandboxVariables, serveSandbox, type Sandbox } from '../../src/sandbox/index.js';
import { type LogOptions, type ServedLog } from './log.js';

/** A growing log in a process of its own, so that its work is not counted as that of its readers. */

const PAGE_SIZE = 100;

async function main({ entries, order, latencyMs, growthMs }: LogOptions): Promise<void> {
  const server = await serveSandbox({ history: entries, order, latencyMs, seed: 1 });
  const { sandbox } = server;
  const served: ServedLog = { env: sandboxVariables(server), ids: allIds(sandbox) };
  process.send?.(served);
  const [node] = sandbox.nodes;
  const grow = (): void =>
    void sandbox.dispatchAsOther({ runtime: 'iggy', action: { verb: 'restart' }, nodes: node === undefined ? [] : [node] });
  setInterval(grow, growthMs);
  process.once('disconnect', () => process.exit());
}

/** Every id of the log as it is now, as text, out of the very bytes that the server would send. */
function allIds(sandbox: Sandbox): string[] {
  const headers = { 'ld-api-key': sandbox.keys.admin.value };
  const ids: string[] = [];
  for (let page = 1; ; page += 1) {
    const path = `/deployments/${sandbox.deploymentId}/activities?page=${page}&results=${PAGE_SIZE}`;
    const { body } = sandbox.handle({ method: 'GET', path, headers, body: '' });
    const found = [...body.matchAll(/"id":(\d+)/g)].map(([, id = '']) => id);
    if (found.length === 0) return ids;
    ids.push(...found);
  }
}

await main(JSON.parse(process.argv[2] ?? '') as LogOptions);
