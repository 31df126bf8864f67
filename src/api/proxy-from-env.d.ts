// The package has no types of its own.
declare module 'proxy-from-env' {
  /**
   * From `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` of the process, in either case; empty for none.
   */
  export function getProxyForUrl(url: string): string;
}
