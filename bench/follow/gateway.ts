import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Gateway {
  url: string;
  /** How many connections were made to it. */
  connections(): number;
  close(): void;
}

/** Passes bytes on to this server, and counts the connections that they come by. */
export async function openGateway(target: URL): Promise<Gateway> {
  let count = 0;
  const server = createServer((near) => {
    count += 1;
    const far = connect(Number(target.port), target.hostname);
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => other.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => count,
    close: () => void server.close(),
  };
}
