import { getProxyForUrl } from 'proxy-from-env';
import { UsageError } from '../core/errors.js';
import { isLoopback } from './base-url.js';

/**
 * The proxy for a URL, from `HTTPS_PROXY` and `NO_PROXY` in either case (design, "Network"); null for none.
 * What is on this machine is never sent through a proxy.
 * @throws UsageError when the variable does not hold the URL of an HTTP proxy
 */
export function proxyFor(url: URL): URL | null {
  const setting = process.env.https_proxy || process.env.HTTPS_PROXY;
  if (!setting || isLoopback(url) || getProxyForUrl(url.href) === '') return null;
  // As curl has it, a proxy without a scheme is spoken to in plain HTTP. The package would take https.
  const text = setting.includes('://') ? setting : `http://${setting}`;
  const proxy = URL.canParse(text) ? new URL(text) : null;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  // The value is not repeated: it may hold a password.
  throw new UsageError('HTTPS_PROXY is not the URL of an HTTP proxy', {
    code: 'invalid_proxy',
    hint: 'Write it as http://HOST:PORT or https://HOST:PORT.',
  });
}
