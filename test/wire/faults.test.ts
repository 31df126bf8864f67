import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Interrupted, ApiError, TransportError } from '../../src/base/errors.js';
import {
  hangUp,
  reply,
  reset,
  stall,
  startServer,
  unheld,
  unusedPort,
  type ScriptedServer,
  type Step,
} from '../helpers/server.js';
import { client, DEPLOYMENT, EMPTY_PAGE, failure, QUERY, RESTART } from './wire.js';
import { fails } from '../helpers/failure.js';

describe('a network that fails', () => {
  it('by refusing the connection: nothing was sent', async () => {
    const host = `127.0.0.1:${await unusedPort()}`;
    // A name may have several addresses.
    for (const url of [`http://${host}`, `http://${host.replace('127.0.0.1', 'localhost')}`]) {
      const error = await failure(client(url).trigger(RESTART), TransportError);
      assert.deepEqual(
        [error.code, error.sent, error.transient],
        ['connection_refused', 'no', true],
      );
      assert.match(error.message, /^connection refused by \S+:\d+ \(ECONNREFUSED\)$/);
      assert.ok(error.hint);
    }
  });

  it('by not knowing the name: nothing was sent', async () => {
    await fails(client('https://nowhere.invalid').trigger(RESTART), {
      code: 'name_not_found',
      sent: 'no',
      message: /nowhere\.invalid/,
    });
  });

  describe('after the connection stood: it may have been sent', () => {
    let server: ScriptedServer;
    const triggerBy = async (step: Step, requestTimeoutMs = 5000) => {
      server = await startServer([step]);
      return failure(client(server.url, { requestTimeoutMs }).trigger(RESTART), TransportError);
    };
    afterEach(() => server.close());

    it('by hanging up, or a reset, once the request was read', async () => {
      for (const step of [hangUp, reset]) {
        const error = await triggerBy(step);
        assert.deepEqual([error.code, error.sent], ['connection_lost', 'maybe']);
        assert.match(error.message, /before the answer was complete/);
        await server.close();
      }
      server = await startServer([]);
    });

    it('by giving no answer in time', async () => {
      const error = await triggerBy(stall, 400);
      assert.deepEqual([error.code, error.sent], ['timeout', 'maybe']);
      assert.match(error.message, /no complete answer from 127\.0\.0\.1:\d+ within 0\.4s/);
    });
  });

  it('by a reset as soon as it is reached', async () => {
    const server = unheld(createServer((socket) => void socket.resetAndDestroy()));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    await fails(client(`http://127.0.0.1:${port}`).trigger(RESTART), { code: 'connection_lost' });
    server.close();
  });

  describe('while TLS is set up: nothing was sent', () => {
    const withServer = async (onConnection: (socket: Socket) => void, requestTimeoutMs = 5000) => {
      const sockets: Socket[] = [];
      const server = createServer((socket) => {
        sockets.push(socket.on('error', () => undefined));
        onConnection(socket);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      try {
        const api = client(`https://127.0.0.1:${port}`, { requestTimeoutMs });
        return await failure(api.trigger(RESTART), TransportError);
      } finally {
        for (const socket of sockets) socket.destroy();
        server.close();
      }
    };

    it('by a reset', async () => {
      const error = await withServer(
        (socket) => void socket.once('data', () => socket.resetAndDestroy()),
      );
      assert.deepEqual([error.code, error.sent], ['connection_lost', 'no']);
    });

    it('by silence', async () => {
      const error = await withServer(() => undefined, 400);
      assert.deepEqual([error.code, error.sent], ['timeout', 'no']);
      assert.match(error.message, /no connection to 127\.0\.0\.1:\d+ within 0\.4s/);
    });

    it('by plain HTTP', async () => {
      const badRequest = 'HTTP/1.1 400 Bad Request\r\n\r\n';
      const error = await withServer(
        (socket) => void socket.once('data', () => socket.end(badRequest)),
      );
      assert.deepEqual([error.code, error.sent, error.transient], ['tls', 'no', false]);
      assert.match(error.message, /may not speak https/);
    });
  });
});

describe('an abort', () => {
  it('ends a call at once, with the reason of the signal, and hangs up', async () => {
    const stop = new AbortController();
    const reason = new Interrupted('SIGINT');
    let closed: Promise<unknown> | undefined;
    const server = await startServer((_request, _response, socket) => {
      closed = once(socket, 'close');
      stop.abort(reason);
    });
    const api = client(server.url);
    assert.equal(await failure(api.trigger(RESTART, { signal: stop.signal }), Interrupted), reason);
    await closed;
    await server.close();
  });

  it('that never comes leaves nothing attached to the signal', async () => {
    const { signal } = new AbortController();
    const server = await startServer([reply(200, EMPTY_PAGE), reply(202), reply(403)]);
    const api = client(server.url);
    await api.list(DEPLOYMENT, QUERY, { signal });
    await api.trigger(RESTART, { signal });
    await failure(api.trigger(RESTART, { signal }), ApiError);
    assert.deepEqual(getEventListeners(signal, 'abort'), []);
    await server.close();
  });

  it('that came before keeps anything from being sent', async () => {
    const server = await startServer([]);
    const api = client(server.url);
    const signal = AbortSignal.abort(new Interrupted('SIGTERM'));
    await failure(api.trigger(RESTART, { signal }), Interrupted);
    await failure(api.list(DEPLOYMENT, QUERY, { signal }), Interrupted);
    assert.equal(server.connections(), 0);
    await server.close();
  });
});
