/** 127.0.0.0/8, ::1, and the name that always means them. */
const LOOPBACK_HOST = /^(?:localhost|\[::1\]|127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})$/i;

/**
 * Whether a Host header names this server: a loopback name or address, with its own port. A web page may point a name
 * of its own at 127.0.0.1 (DNS rebinding); the browser then takes the answers for the page's, but sends that name here.
 */
export function isOwnHost(header: string | undefined, port: number): boolean {
  const [, host = '', sentPort = '80'] = /^(.*?)(?::(\d+))?$/.exec(header ?? '') ?? [];
  return LOOPBACK_HOST.test(host) && Number(sentPort) === port;
}
