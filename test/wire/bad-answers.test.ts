import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { TransportError } from '../../src/base/errors.js';
import {
  reply,
  REQUEST_ID,
  startServer,
  type ScriptedServer,
  type Step,
} from '../helpers/server.js';
import { client, DEPLOYMENT, failure, QUERY, RESTART } from './wire.js';
import { fails } from '../helpers/failure.js';

const MIB = 1024 * 1024;

/** What an endless answer has sent, and when its connection is over. */
interface Sent {
  bytes: number;
  over?: Promise<unknown>;
}

/** Sends without an end, as fast as the other side reads, and counts what went out. */
function endless(
  status: number,
  headers: Record<string, string> = {},
  count: Sent = { bytes: 0 },
): Step {
  return (_request, response, socket) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'ld-request': REQUEST_ID,
      ...headers,
    });
    // `once` of node:events would take the client's reset for a failure.
    count.over = new Promise((resolve) => socket.once('close', resolve));
    const chunk = Buffer.alloc(MIB, '[');
    const pump = (): void => {
      if (response.destroyed) return;
      count.bytes += chunk.length;
      if (response.write(chunk)) setImmediate(pump);
    };
    response.on('drain', pump);
    pump();
  };
}

describe('answers that are not answers', () => {
  let server: ScriptedServer;
  /** One try at the log, answered by this. */
  const listBy = async (step: Step, options = {}) => {
    server = await startServer([step]);
    return client(server.url, options).list(DEPLOYMENT, QUERY, { tries: 'one' });
  };
  const triggerBy = async (step: Step, options = {}) => {
    server = await startServer([step]);
    return client(server.url, options).trigger(RESTART);
  };
  afterEach(() => server.close());

  describe('of more than 32 MiB', () => {
    it('are cut off where no length was given, long before a gigabyte is read', async () => {
      const count: Sent = { bytes: 0 };
      await fails(listBy(endless(200, {}, count)), {
        message: 'the answer is larger than 32 MiB',
        requestId: REQUEST_ID,
      });
      await count.over;
      // What was read, and what was in the buffers in between.
      assert.ok(
        count.bytes >= 32 * MIB && count.bytes < 64 * MIB,
        `${count.bytes} bytes were sent`,
      );
    });

    it('do not hide that the action was accepted', async () => {
      const accepted = await triggerBy(endless(202));
      assert.equal(accepted.requestId, REQUEST_ID);
    });

    it('do not hide the status of an error', async () => {
      await fails(listBy(endless(403)), { status: 403, code: 'http_403', exitCode: 4 });
    });
  });

  it('that trickle are ended by the request timeout', async () => {
    const trickle: Step = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    await fails(listBy(trickle, { requestTimeoutMs: 400 }), {
      code: 'timeout',
      sent: 'maybe',
      message: /no complete answer from .* within 0\.4s/,
    });
  });

  it('that are cut in the middle are a lost connection, but after a 202 the action was accepted', async () => {
    const cut =
      (status: number): Step =>
      (_request, response, socket) => {
        response.writeHead(status, { 'content-length': '100', 'ld-request': REQUEST_ID });
        response.write('{"items":[');
        setImmediate(() => socket.end());
      };
    await fails(listBy(cut(200)), {
      code: 'connection_lost',
      sent: 'maybe',
      message: /before the answer was complete/,
    });
    await server.close();
    assert.equal((await triggerBy(cut(202))).requestId, REQUEST_ID);
  });

  it('that are cut without a promised length are invalid', async () => {
    const cut: Step = (_request, _response, socket) => {
      socket.end(
        `HTTP/1.1 200 OK\r\nld-request: ${REQUEST_ID}\r\nconnection: close\r\n\r\n{"items":[`,
      );
    };
    await fails(listBy(cut), { message: /cut off/, requestId: REQUEST_ID });
  });

  it('that are compressed, which was not asked for, are refused, so that none can expand', async () => {
    const bomb: Step = (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(8 * MIB)));
    };
    assert.equal((await failure(listBy(bomb), TransportError)).code, 'invalid_answer');
  });

  for (const [what, bytes] of [
    ['not HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['of another protocol', 'HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ['without an end of its headers', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(9000)}`],
  ] as const) {
    it(`that are ${what} end the call, and close its connection`, async () => {
      let closed: Promise<unknown> = Promise.reject(new Error('nothing was sent'));
      closed.catch(() => undefined);
      const step: Step = (_request, _response, socket) => {
        closed = new Promise((resolve) => socket.once('close', resolve));
        socket.write(bytes);
      };
      const error = await failure(triggerBy(step), TransportError);
      assert.equal(error.sent, 'maybe');
      assert.notEqual(error.code, 'timeout');
      await closed;
    });
  }

  it('that have no status that there is say nothing of the action', async () => {
    const odd: Step = (_request, _response, socket) => {
      socket.end('HTTP/1.1 099 X\r\n\r\n');
    };
    assert.equal((await failure(triggerBy(odd), TransportError)).sent, 'maybe');
  });

  it('that redirect are refused, and the key goes nowhere else', async () => {
    const target = await startServer([]);
    for (const status of [301, 302, 307, 308]) {
      const redirect = reply(status, null, { location: `${target.url}/deployments` });
      for (const call of [triggerBy, listBy]) {
        const { code, message } = await failure(call(redirect), TransportError);
        assert.equal(code, 'redirect');
        assert.ok(message.includes(`(${status})`));
        await server.close();
      }
    }
    assert.equal(target.connections(), 0);
    await target.close();
    server = await startServer([]);
  });
});
