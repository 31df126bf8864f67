import { type Env } from '../base/text.js';
import { UsageError } from '../base/errors.js';
import { isLoopback } from './base-url.js';

/**
 * The proxy for a URL, from `HTTPS_PROXY` and `NO_PROXY` in either case (design, "Network"); null for none.
 * What is on this machine is never sent through a proxy.
 * @throws UsageError when the variable does not hold the URL of an HTTP proxy
 */
export function proxyFor(url: URL, env: Env): URL | null {
  const setting = env.https_proxy || env.HTTPS_PROXY;
  if (!setting || isLoopback(url) || isExcepted(url, env.no_proxy || env.NO_PROXY || '')) return null;
  // As curl has it, a proxy without a scheme is spoken to in plain HTTP.
  const text = setting.includes('://') ? setting : `http://${setting}`;
  const proxy = URL.canParse(text) ? new URL(text) : null;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  // The value is not repeated: it may hold a password.
  throw new UsageError('HTTPS_PROXY is not the URL of an HTTP proxy', {
    code: 'invalid_proxy',
    hint: 'Write it as http://HOST:PORT or https://HOST:PORT.',
  });
}

/** Whether a list of hosts names this one: `host`, `.domain` or `*.domain`, each with a port or without; `*` is every host. */
function isExcepted({ hostname, port }: URL, list: string): boolean {
  return list
    .toLowerCase()
    .split(/[,\s]+/)
    .some((entry) => {
      const [, host = entry, onlyPort] = /^(.+):(\d+)$/.exec(entry) ?? [];
      if (host === '' || (onlyPort !== undefined && Number(onlyPort) !== Number(port || 443))) return false;
      return /^[.*]/.test(host) ? hostname.endsWith(host.replace(/^\*/, '')) : hostname === host;
    });
}
