import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'lossless-json';
import { serveSandbox, type SandboxRecord, type SandboxServer, type ServerOptions } from '../../src/sandbox/index.js';

const FAST: ServerOptions = { appearMs: 0, workMs: 0, history: 0, seed: 7 };

describe('sandbox over real sockets', () => {
  let server: SandboxServer | undefined;

  async function serve(options: ServerOptions = {}): Promise<SandboxServer> {
    server = await serveSandbox({ ...FAST, ...options });
    return server;
  }
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  function get({ sandbox, url }: SandboxServer): Promise<Response> {
    return fetch(`${url}/deployments/${sandbox.deploymentId}/activities`, {
      headers: { 'ld-api-key': sandbox.keys.admin.value },
    });
  }

  function post({ sandbox, url }: SandboxServer, idempotencyKey: string, body = '{}'): Promise<Response> {
    return fetch(`${url}/deployments/${sandbox.deploymentId}/activities/iggy/restart`, {
      method: 'POST',
      headers: {
        'ld-api-key': sandbox.keys.admin.value,
        'idempotency-key': idempotencyKey,
        'content-type': 'application/json',
      },
      body,
    });
  }

  /** What came of a request: its status, or `lost` when no answer came. */
  function fate(answer: Promise<Response>): Promise<number | 'lost'> {
    return answer.then(
      (response) => response.status,
      () => 'lost',
    );
  }

  it('answers a trigger and shows what it did, ids digit for digit', async () => {
    const running = await serve({ nodes: [18446744073709551615n] });
    const accepted = await post(running, 'k', '{"nodes":[18446744073709551615]}');
    assert.equal(accepted.status, 202);
    assert.match(accepted.headers.get('ld-request') ?? '', /^[0-9a-f]{32}$/);
    assert.equal(await accepted.text(), '');
    const log = await get(running);
    assert.equal(log.headers.get('content-type'), 'application/json');
    assert.match(await log.text(), /"node_id":18446744073709551615,"status":"completed"/);
  });

  it('names itself as the supervisor', async () => {
    const running = await serve();
    const structure = await fetch(`${running.url}/tenants/${running.sandbox.tenantId}/structure`, {
      headers: { 'ld-api-key': running.sandbox.keys.admin.value },
    });
    assert.ok((await structure.text()).includes(`"supervisor_url":"${running.url}"`));
  });

  it('listens on loopback only, and on the port it is told', async () => {
    const first = await serve();
    const { hostname, port } = new URL(first.url);
    assert.equal(hostname, '127.0.0.1');
    await assert.rejects(serveSandbox({ ...FAST, port: Number(port) }), { code: 'EADDRINUSE' });
  });

  describe('by its Host header (a page elsewhere may point a name of its own at this machine)', () => {
    /** The answer to a GET with this Host header, whose `PORT` is the server's. */
    async function hostAnswer(running: SandboxServer, host: string, path: string): Promise<[number, string]> {
      const { port } = new URL(running.url);
      const headers = { host: host.replace('PORT', port), 'ld-api-key': running.sandbox.keys.admin.value };
      const asked = request({ host: '127.0.0.1', port, path, headers }).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      return [response.statusCode ?? 0, await text(response)];
    }
    const activities = `/deployments/7263012455120900033/activities`;

    it('serves every name of the loopback interface, by any port that is forwarded', async () => {
      const running = await serve();
      for (const host of [
        '127.0.0.1:PORT',
        'localhost:PORT',
        'LocalHost:PORT',
        '127.9.8.7:PORT',
        '[::1]:PORT',
        'localhost',
        '127.0.0.1:1',
      ]) {
        assert.equal((await hostAnswer(running, host, activities))[0], 200, host);
      }
    });

    it('refuses any other name, with a problem and no trace', async () => {
      const running = await serve();
      const hosts = ['rebound.example:PORT', '127.0.0.1.rebound.example:PORT', '10.0.0.1:PORT'];
      for (const host of [...hosts, '127.0.0.256:PORT', 'user@127.0.0.1:PORT', ':PORT']) {
        for (const path of [activities, '/sandbox/record']) {
          const [status, body] = await hostAnswer(running, host, path);
          assert.equal(status, 421, `${host} ${body}`);
          const problem = parse(body) as { code: string; instance: string };
          assert.equal(problem.code, 'misdirected_request');
          assert.match(problem.instance, /^[0-9a-f]{32}$/);
        }
      }
      assert.deepEqual(running.sandbox.record, { posts: [], dispatches: [], reads: 0 });
    });
  });

  it('tells its record without a key, exact and without a secret', async () => {
    const running = await serve();
    await post(running, 'mine');
    await get(running);
    const text = await (await fetch(`${running.url}/sandbox/record`)).text();
    const record = parse(text, undefined, BigInt) as SandboxRecord;
    assert.deepEqual(
      record.posts.map((entry) => [entry.idempotency_key, entry.outcome]),
      [['mine', 'accepted']],
    );
    const nodes = record.dispatches.flatMap((dispatch) => dispatch.activities.map((activity) => activity.node_id));
    assert.deepEqual(nodes, running.sandbox.nodes);
    assert.equal(record.reads, 1n);
    assert.doesNotMatch(text, /ld_pk_/);
  });

  it('drops the answer of the first POST, which is carried out once', async () => {
    const running = await serve({ dropPosts: 1 });
    assert.equal(await fate(post(running, 'k')), 'lost');
    assert.equal(running.sandbox.record.dispatches.length, 1);
    const again = await post(running, 'k');
    assert.equal(again.status, 202);
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    assert.equal(running.sandbox.record.dispatches.length, 1);
  });

  it('a server that ignores idempotency keys does it twice', async () => {
    const running = await serve({ dropPosts: 1, idempotency: 'off' });
    assert.equal(await fate(post(running, 'k')), 'lost');
    assert.equal(await fate(post(running, 'k')), 202);
    assert.equal(running.sandbox.record.dispatches.length, 2);
  });

  it('meets the same faults with the same seed', async () => {
    const runs: Array<Array<number | 'lost'>> = [];
    for (const seed of [3, 3, 4]) {
      const running = await serve({ failRate: 0.5, seed });
      const fates: Array<number | 'lost'> = [];
      for (let n = 0; n < 24; n += 1) fates.push(await fate(get(running)));
      runs.push(fates);
      await running.stop();
    }
    const [first, second, third] = runs;
    assert.deepEqual(first, second);
    assert.notDeepEqual(first, third);
    assert.deepEqual(new Set(first), new Set([200, 500, 503, 'lost']));
  });

  it('a fault comes before or after the action, and the record tells which', async () => {
    const running = await serve({ failRate: 1 });
    for (let n = 0; n < 20; n += 1) {
      assert.notEqual(await fate(post(running, `k${n}`)), 202);
    }
    const { posts, dispatches } = running.sandbox.record;
    const carriedOut = posts.filter((entry) => entry.outcome === 'accepted');
    assert.deepEqual(
      dispatches.map((dispatch) => dispatch.idempotency_key),
      carriedOut.map((entry) => entry.idempotency_key),
    );
    assert.ok(carriedOut.length > 0 && carriedOut.length < 20);
  });

  it('answers more requests than the limit with 429', async () => {
    const running = await serve({ rateLimit: 0.01 });
    assert.equal(await fate(get(running)), 200);
    const refused = await get(running);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get('retry-after')) >= 99);
  });

  it('holds an answer back as long as it is told, the action done', async () => {
    const running = await serve({ answerMs: 60 });
    const began = performance.now();
    const answer = post(running, 'k');
    while (running.sandbox.record.dispatches.length === 0) await sleep(1);
    assert.equal(await fate(answer), 202);
    // A timer may fire up to a millisecond early.
    assert.ok(performance.now() - began >= 59);
  });

  it('is undisturbed by a caller that goes away in the middle', async () => {
    const running = await serve();
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(
      'POST /deployments/1/activities/iggy/restart HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99\r\n\r\n{"no',
    );
    socket.destroy();
    assert.equal(await fate(get(running)), 200);
    assert.deepEqual(running.sandbox.record.posts, []);
  });

  it('hangs up on a body larger than any of this API', async () => {
    const running = await serve();
    assert.equal(await fate(post(running, 'k', ' '.repeat(2 ** 20 + 1))), 'lost');
    assert.deepEqual(running.sandbox.record.posts, []);
  });

  it('works about as long as it is told, each node a little differently', async () => {
    const running = await serve({ appearMs: 100, workMs: 60_000, nodes: [1n, 2n, 3n, 4n, 5n, 6n] });
    await post(running, 'k');
    const [dispatch] = running.sandbox.record.dispatches;
    const works =
      dispatch?.activities.map((activity) => (activity.finishes_at ?? 0) - (activity.appears_at ?? 0)) ?? [];
    assert.equal(works.length, 6);
    assert.ok(
      works.every((work) => work >= 45_000 && work <= 75_000),
      String(works),
    );
    assert.ok(new Set(works).size > 1);
  });

  it('shows each entry as late as it is told, asked anew at each dispatch', async () => {
    const delays = [12_000, 0];
    const running = await serve({ appearMs: () => delays.shift() ?? 0, nodes: [1n] });
    await post(running, 'late');
    await post(running, 'prompt');
    const { dispatches } = running.sandbox.record;
    const lags = dispatches.map(({ at, activities }) => (activities[0]?.appears_at ?? 0) - at);
    assert.deepEqual(lags, [12_000, 0]);
  });

  it('stops at once, idle connections and held answers or not', async () => {
    const running = await serve({ answerMs: 60_000 });
    await get(running);
    const held = fate(post(running, 'k'));
    while (running.sandbox.record.posts.length === 0) await sleep(1);
    await running.stop();
    assert.equal(await held, 'lost');
  });
});
