import assert from 'node:assert/strict';
import { Interrupted, ApiError, TransportError } from '../../src/base/errors.js';
import { VirtualClock } from '../helpers/clock.js';
import {
  hangUp,
  reply,
  REQUEST_ID,
  startServer,
  type ScriptedServer,
  type Step,
} from '../helpers/server.js';
import {
  client,
  DEPLOYMENT,
  EMPTY_ANSWER,
  EMPTY_PAGE,
  failure,
  KEY,
  LOG_PATH,
  QUERY,
  RESTART,
} from './wire.js';
import { fails } from '../helpers/failure.js';

describe('tries', () => {
  let server: ScriptedServer;
  let clock: VirtualClock;
  let trace: string[];
  const serve = async (...steps: Step[]) => {
    server = await startServer(steps);
    clock = new VirtualClock();
    trace = [];
    return client(server.url, { clock, onTrace: (line) => trace.push(line) });
  };
  afterEach(() => server.close());

  it('of a read are three, half a second apart, until an answer is good; the last one tells why', async () => {
    const api = await serve(
      reply(503),
      hangUp,
      reply(200, EMPTY_PAGE),
      reply(500),
      reply(200, '{"cut'),
      reply(502),
    );
    assert.deepEqual(await clock.run(api.list(DEPLOYMENT, QUERY)), EMPTY_ANSWER);
    assert.deepEqual(clock.sleeps, [500, 500]);
    assert.equal((await failure(clock.run(api.list(DEPLOYMENT, QUERY)), ApiError)).status, 502);
  });

  it('of a read wait as long as retry-after says, and end where that goes beyond 10 s', async () => {
    const api = await serve(
      reply(429, null, { 'retry-after': '7' }),
      reply(200, EMPTY_PAGE),
      reply(429, null, { 'retry-after': '11' }),
    );
    await clock.run(api.list(DEPLOYMENT, QUERY));
    await fails(clock.run(api.list(DEPLOYMENT, QUERY)), { retryAfterMs: 11_000 });
    assert.deepEqual(clock.sleeps, [7000]);
  });

  it('of a read end when the process was stopped for the 10 s', async () => {
    const api = await serve(reply(503));
    clock.sleep = () => {
      // To the very end, at which nothing is left for another try.
      clock.suspend(10_000);
      return Promise.resolve();
    };
    await failure(api.list(DEPLOYMENT, QUERY), ApiError);
  });

  it('of a read share the 10 s: the last one has what is left', async () => {
    const late: Step = (...wire) => {
      clock.suspend(9300);
      return reply(503)(...wire);
    };
    const api = await serve(late, () => clock.suspend(200));
    await fails(clock.run(api.list(DEPLOYMENT, QUERY)), {
      message: /no complete answer from .* within 0\.2s/,
    });
  });

  it('of a poll, which are one, have all of the request timeout; a first read has 10 s, or what it is given', async () => {
    for (const { limitMs, ...limits } of [
      { tries: 'one', limitMs: 15_000 },
      { tries: 'several', limitMs: 10_000 },
      { tries: 'several', budgetMs: 15_000, limitMs: 15_000 },
    ] as const) {
      let reached: () => void = () => undefined;
      const request = new Promise<void>((resolve) => (reached = resolve));
      const api = await serve(() => reached());
      let over = false;
      const call = failure(api.list(DEPLOYMENT, QUERY, limits), TransportError).finally(
        () => (over = true),
      );
      await request;
      clock.suspend(limitMs - 1);
      await new Promise(setImmediate);
      assert.equal(over, false);
      clock.suspend(1);
      assert.match((await call).message, new RegExp(`within ${limitMs / 1000}s`));
      await server.close();
    }
    await serve();
  });

  it('of a POST are one, whatever comes', async () => {
    for (const step of [reply(503), reply(429, null, { 'retry-after': '0' }), reply(200), hangUp]) {
      const api = await serve(step);
      await failure(clock.run(api.trigger(RESTART)), Error);
      assert.equal(server.requests.length, 1);
      await server.close();
    }
    await serve();
  });

  it('end at once when the wait between them is aborted', async () => {
    const api = await serve(reply(503));
    const stop = new AbortController();
    const call = api.list(DEPLOYMENT, QUERY, { signal: stop.signal });
    while (clock.asleep === 0) await new Promise(setImmediate);
    stop.abort(new Interrupted('SIGINT'));
    await failure(call, Interrupted);
    assert.equal(clock.asleep, 0);
  });

  it('are each reported to those who trace them, without the key', async () => {
    const api = await serve(reply(200, ''), reply(200, EMPTY_PAGE));
    await clock.run(api.list(DEPLOYMENT, QUERY));
    const told = trace.map((line) =>
      line.replace(/in \d+ms/, 'in Nms').replace(/off: .*, a/, 'off, a'),
    );
    const request = `GET ${server.url}${LOG_PATH}?page=1&results=10`;
    const id = `ld-request ${REQUEST_ID}`;
    assert.deepEqual(told, [
      `${request}, 200, in Nms, ${id}, the answer is not JSON, or was cut off, again in 0.5s`,
      `${request}, try 2, 200, in Nms, ${id}`,
    ]);
    assert.ok(!JSON.stringify(trace).includes(KEY));
  });

  it('of a read continue after what can pass, and stop at what cannot', async () => {
    const may: Step[] = [408, 425, 429, 500, 502, 503, 504].map((status) => reply(status));
    const cannot: Step[] = [400, 401, 403, 404, 409, 422, 501, 505, 302].map((status) =>
      reply(status),
    );
    for (const [steps, tries] of [
      [[...may, hangUp, reply(200, '{"cut')], 2],
      [cannot, 1],
    ] as const) {
      for (const step of steps) {
        const api = await serve(step, ...(tries === 2 ? [reply(200, EMPTY_PAGE)] : []));
        await clock.run(api.list(DEPLOYMENT, QUERY)).catch(() => undefined);
        assert.equal(trace.length, tries, trace[0]);
        await server.close();
      }
    }
    await serve();
  });
});
