import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Activity } from '../../src/base/activity.js';
import type { RunResult } from '../../src/index.js';
import {
  hangUp,
  reply,
  reset,
  startServer,
  unheld,
  type ScriptedServer,
  type Step,
} from '../helpers/server.js';
import { createAuthority } from './certificates.js';
import { fails } from '../helpers/failure.js';
import { ChildClient } from './child.js';
import { client, DEPLOYMENT, EMPTY_PAGE, ENTRY, QUERY, RESTART } from './wire.js';

const SECOND = 1000;
const OLD = { ...ENTRY, id: ENTRY.id - 2n };
const THEIRS = { ...ENTRY, id: ENTRY.id - 1n };
const OWN = ENTRY;

const AUTHORITY = createAuthority('ldctl test authority');
const TLS = AUTHORITY.issue(['127.0.0.1']);

const page = (...items: Activity[]) => ({ ...EMPTY_PAGE, items, total_results: items.length });

it('reads and POSTs share a connection', async () => {
  const list = reply(200, EMPTY_PAGE);
  const server = await startServer([list, list, reply(202), list, list, reply(429), list]);
  const api = client(server.url);
  for (const call of ['list', 'list', 'post', 'list', 'list', 'post', 'list']) {
    if (call === 'list') await api.list(DEPLOYMENT, QUERY);
    else await api.trigger(RESTART).catch(() => undefined);
  }
  assert.equal(server.requests.length, 7);
  assert.equal(server.connections(), 1);
  await server.close();
});

it('opens a connection for each POST once one was lost on a connection used before', async () => {
  const list = reply(200, EMPTY_PAGE);
  for (const lost of [hangUp, reset]) {
    const server = await startServer([list, lost, list, reply(202), list, reply(202)]);
    const api = client(server.url);
    await api.list(DEPLOYMENT, QUERY);
    await fails(api.trigger(RESTART), { code: 'connection_lost' });
    for (const opened of [3, 4]) {
      await api.list(DEPLOYMENT, QUERY);
      assert.equal((await api.trigger(RESTART)).replayed, false);
      assert.equal(server.connections(), opened);
    }
    await server.close();
  }
});

describe('a run over TLS', () => {
  let folder: string;
  let child: ChildClient;
  let server: ScriptedServer;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ldctl-connections-'));
    const file = join(folder, 'authority.pem');
    writeFileSync(file, AUTHORITY.cert);
    child = new ChildClient({ NODE_EXTRA_CA_CERTS: file });
  });
  after(async () => {
    await child.close();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => server.close());

  const posts = () => server.requests.filter(({ method }) => method === 'POST');
  /** Reads show the log as it is then; each POST meets the next of these. */
  const serve = async (log: () => Activity[], [...meets]: Step[], onRead: typeof reply = reply) => {
    const step: Step = (request, response, socket) => {
      const isPost = request.method === 'POST';
      const answer = isPost ? meets.shift() : onRead(200, page(...log()));
      return (answer ?? assert.fail('one POST too many'))(request, response, socket);
    };
    server = await startServer(step, { tls: TLS });
  };
  const run = async (url: string): Promise<RunResult> => {
    const result = await child.run({ url, call: 'run' });
    return 'value' in result ? (result.value as RunResult) : assert.fail(result.failure.message);
  };

  it('shares connections: the baseline with the POST, and all polls', async () => {
    let polls = 0;
    const log = () => {
      const status = posts().length > 0 && ++polls > 4 ? 'completed' : 'processing';
      return posts().length > 0 ? [{ ...OWN, status }, OLD] : [OLD];
    };
    await serve(log, [reply(202)]);
    assert.equal((await run(server.url)).outcome, 'completed');
    const [baseline, post, ...others] = server.requests.map(({ connection }) => connection);
    assert.deepEqual([baseline, post], [1, 1]);
    // The rest of a 202 is not waited for: where it comes later, its connection is closed.
    assert.deepEqual([others.length, new Set(others).size], [polls, 1]);
  });

  it('acts once where the server closes the connection right after the baseline', async () => {
    const log = () => (posts().length > 0 ? [OWN, OLD] : [OLD]);
    await serve(log, [reply(202)], (...answer) => (request, response, socket) => {
      response.once('finish', () => socket.end());
      return reply(...answer)(request, response, socket);
    });
    assert.equal((await run(server.url)).outcome, 'completed');
  });

  it('sends the same again, once the log shows nothing, where that meets its POST', async () => {
    await serve(() => (posts().length > 1 ? [OWN, OLD] : [OLD]), [hangUp, reply(202)]);
    const { outcome, recovered } = await run(server.url);
    assert.deepEqual([outcome, recovered], ['completed', false]);
    assert.equal(new Set(posts().map(({ headers }) => headers['idempotency-key'])).size, 1);
    // The baseline, and the POST that was lost.
    assert.deepEqual(
      server.requests.slice(0, 2).map(({ connection }) => connection),
      [1, 1],
    );
  });

  it('sends nothing on a connection that was made 11 s after its baseline: it checks again', async () => {
    let connections = 0;
    const log = () => {
      const theirs = connections > 1 ? [THEIRS, OLD] : [OLD];
      return posts().length > 0 ? [OWN, ...theirs] : theirs;
    };
    // Otherwise its POST would follow on the connection of the baseline.
    const close = { connection: 'close' };
    await serve(log, [reply(202)], (status, body) => reply(status, body, close));
    const gate = await startGate(server.port, async () => {
      connections += 1;
      // Of the POST.
      if (connections === 2) await child.pass(11 * SECOND);
    });
    const { outcome, nodes } = await run(gate.url);
    gate.close();
    assert.deepEqual(
      server.requests.slice(0, 3).map(({ method }) => method),
      ['GET', 'GET', 'POST'],
    );
    assert.deepEqual(
      [outcome, nodes.map((node) => [node.activity_id, node.ambiguous])],
      ['completed', [[OWN.id, false]]],
    );
  });
});

/** A port in front of another: what comes waits for `isOpen`, so that no handshake starts before. */
async function startGate(port: number, isOpen: () => Promise<void>) {
  const sockets: Socket[] = [];
  const pass = async (socket: Socket): Promise<void> => {
    sockets.push(socket);
    await isOpen();
    const upstream = connect(port, '127.0.0.1').unref();
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  };
  const server = unheld(createServer((socket) => void pass(socket))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
