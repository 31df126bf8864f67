import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { type Duplex } from 'node:stream';
import { unheld } from '../helpers/server.js';

/**
 * What the proxy does with a CONNECT: opens the tunnel, answers with a status, or something that is
 * no answer.
 */
export type Conduct = 'open' | 'silent' | 'hang up' | number;

export interface TestProxy {
  url: string;
  conduct: Conduct;
  /** Every CONNECT: where to, and all that came with it. */
  connects: { to: string; headers: IncomingHttpHeaders }[];
  /** Resolves when the client has given up a CONNECT that was left without an answer. */
  abandoned: Promise<void>;
  close(): void;
}

/**
 * An HTTP proxy on 127.0.0.1 whose tunnels all lead to one local port, whatever host was asked for.
 */
export async function startProxy(targetPort: number): Promise<TestProxy> {
  const sockets = new Set<Duplex>();
  const server = unheld(createServer());
  server.on('connect', (request, socket: Duplex, head: Buffer) => {
    sockets.add(socket.on('error', () => undefined));
    proxy.connects.push({ to: request.url ?? '', headers: request.headers });
    const { conduct } = proxy;
    if (conduct === 'open') tunnel(socket, head, targetPort, sockets);
    else if (conduct === 'silent') {
      proxy.abandoned = new Promise((resolve) => socket.resume().once('end', resolve));
    } else if (conduct === 'hang up') socket.destroy();
    else socket.end(`HTTP/1.1 ${conduct} No\r\ncontent-length: 7\r\n\r\nrefused`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy: TestProxy = {
    url: `http://127.0.0.1:${port}`,
    conduct: 'open',
    connects: [],
    abandoned: Promise.resolve(),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return proxy;
}

function tunnel(client: Duplex, head: Buffer, port: number, sockets: Set<Duplex>): void {
  const upstream: Socket = connect(port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.write(head);
    client.pipe(upstream).pipe(client);
  });
  sockets.add(upstream.unref().on('error', () => undefined));
}
