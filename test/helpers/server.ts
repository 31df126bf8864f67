import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { stringifyJson } from '../../src/base/json.js';

/** A request as it came over the wire. */
export interface SeenRequest {
  method: string;
  /** The path and query, exactly as sent. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** Which connection it came by, counted from 1. */
  connection: number;
}

/** How one request is answered. The raw socket is there to be broken. */
export type Step = (
  request: SeenRequest,
  response: ServerResponse,
  socket: Socket,
) => void | Promise<void>;

/** Keeps no process alive by it: a test that fails before it closes it lets the run end. */
export function unheld<S extends Server>(server: S): S {
  server.on('connection', (socket: Socket) => socket.unref());
  return server.unref();
}

/**
 * A real HTTP server on 127.0.0.1. Given a list, it answers the first request by the first step,
 * and so on, and `close` fails the test unless requests and steps come out even. Given one step, it
 * answers all by it.
 * @param tls PEM; with it, the server speaks HTTPS
 */
export async function startServer(
  script: Step | readonly Step[],
  { tls }: { tls?: { key: string; cert: string } } = {},
) {
  const steps = typeof script === 'function' ? null : [...script];
  const requests: SeenRequest[] = [];
  const sockets = new Map<Socket, number>();
  const faults: unknown[] = [];

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers, socket } = incoming;
    const request = {
      method,
      url,
      headers,
      body: await text(incoming),
      connection: sockets.get(socket) ?? 0,
    };
    requests.push(request);
    const step = steps ? steps.shift() : (script as Step);
    if (!step) throw new Error(`unexpected request: ${method} ${url}`);
    await step(request, response, socket);
  };
  const onRequest = (incoming: IncomingMessage, response: ServerResponse): void => {
    answer(incoming, response).catch((error: unknown) => {
      faults.push(error);
      response.destroy();
    });
  };

  const server = unheld(tls ? createTlsServer(tls, onRequest) : createServer(onRequest));
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.set(socket, sockets.size + 1);
    // A client that hangs up early is what many a test is about.
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    /** Base URL with the port that the system chose, without a slash at the end. */
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    requests,
    /** How many connections were opened to it. */
    connections: (): number => sockets.size,
    /**
     * Ends it, open connections too.
     * @throws AssertionError when a step was never used, or a request found none left
     */
    close: async (): Promise<void> => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      assert.deepEqual(faults, [], 'no step may fail, and no request may find none left');
      assert.equal(steps?.length ?? 0, 0, 'steps of the script were never used');
    },
  };
}

export type ScriptedServer = Awaited<ReturnType<typeof startServer>>;

/** Answers with a JSON body; a string is sent as it is. `null` sends no body. */
export function reply(
  status: number,
  body: unknown = null,
  headers: Record<string, string> = {},
): Step {
  return (_request, response) => {
    const text = typeof body === 'string' ? body : stringifyJson(body);
    // What the server's clock says is a part of the answer, so only a test that cares sends it.
    response.sendDate = false;
    response.writeHead(status, {
      'content-type': 'application/json',
      'ld-request': REQUEST_ID,
      ...headers,
    });
    response.end(body === null ? '' : text);
  };
}

/** The `ld-request` of every `reply` that does not name another. */
export const REQUEST_ID = '0123456789abcdef0123456789abcdef';

/**
 * Reads the request and closes the connection without an answer: the fate of what was sent is
 * unknown.
 */
export const hangUp: Step = (_request, _response, socket) => {
  socket.destroy();
};

/** The same with a TCP reset. */
export const reset: Step = (_request, _response, socket) => {
  socket.resetAndDestroy();
};

/** Reads the request and never answers. */
export const stall: Step = () => undefined;

/** A port of 127.0.0.1 at which nothing listens. */
export async function unusedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
