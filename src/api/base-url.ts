import { usageError } from '../base/errors.js';
import { urlText } from '../base/text.js';

/**
 * Reads the base URL of an API; a path prefix is kept. No error shows the text, which may be a key
 * in the wrong variable.
 * @param what names the setting in errors
 */
export function parseBaseUrl(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  // A `?` or `#` with nothing after it is in the text only.
  const hasMore = /[?#]/.test(text) || Boolean(url && url.username + url.password);
  if (!url || !/^https?:$/.test(url.protocol) || hasMore) {
    throw invalid(
      `${what} is not the base URL of an API`,
      'Write it as https://HOST, such as https://supervisor-aws-us.laserdata.cloud, without a user name, a password, a query (?…) or a fragment (#…).',
    );
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw invalid(
      `${what}: ${url.origin} would send the API key unencrypted`,
      'Write https://. http:// is for loopback addresses only (127.0.0.1, ::1, localhost).',
    );
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

/** Whether a URL stays on this machine: 127.0.0.0/8, `::1` or `localhost`. */
export function isLoopback(url: URL): boolean {
  return /^(?:localhost|\[::1\]|127(?:\.\d+){3})$/.test(url.hostname);
}

/** @param path starts with a slash, and is sent as it is written, colons too */
export function endpoint(base: { readonly href: string }, path: string): URL {
  return new URL(urlText(base) + path);
}

function invalid(message: string, hint: string) {
  return usageError('invalid_url', message, hint);
}
