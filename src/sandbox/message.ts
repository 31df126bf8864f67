/** A request as the server sees it, once its body has been read. */
export interface SandboxRequest {
  method: string;
  /** Path and query exactly as sent: nothing decoded, nothing normalised. */
  path: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Empty when there was none. */
  body: string;
  /** The caller's address; loopback when not given. */
  remoteAddress?: string;
}

export interface SandboxAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
  /** How long the server takes before it answers, in milliseconds. What was asked is carried out before that. */
  holdMs: number;
}
