/** 127.0.0.0/8, ::1, and the name that always means them. */
const LOOPBACK_HOST = /^(?:localhost|\[::1\]|127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})$/i;

/**
 * Whether a Host header is a loopback name or address, with any port, since ports are forwarded. A web page may point a
 * name of its own at 127.0.0.1 (DNS rebinding); the browser then takes the answers for the page's, but sends that name here.
 */
export function isLoopbackHost(header: string | undefined): boolean {
  const [, host = ''] = /^(.*?)(?::\d+)?$/.exec(header ?? '') ?? [];
  return LOOPBACK_HOST.test(host);
}
