import type { Socket } from 'node:net';
import { HttpsProxyAgent } from 'https-proxy-agent';

/** Connections through a proxy's CONNECT. Loaded only where there is a proxy. */
export class TunnelAgent extends HttpsProxyAgent<string> {
  constructor(proxy: URL, options: { keepAlive: boolean; rejectUnauthorized: boolean }) {
    const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    // Neither in the URL nor in a field: DEBUG and NODE_DEBUG print the agent.
    const headers = (): Record<string, string> =>
      credentials === ':' ? {} : { 'proxy-authorization': authorization };
    super(proxy.origin, { ...options, headers });
  }

  /**
   * A proxy that never answers would keep the process alive, so an abandoned request ends its
   * connection.
   */
  override async connect(
    ...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>
  ): Promise<Socket> {
    const ended = new AbortController();
    const end = () => ended.abort();
    request.once('ldctl-abandoned', end);
    // `super.connect` reads it before it first waits, so that each of several attempts gets its
    // own.
    this.connectOpts = { ...this.connectOpts, signal: ended.signal };
    try {
      return await super.connect(request, options);
    } finally {
      request.off('ldctl-abandoned', end);
    }
  }
}
