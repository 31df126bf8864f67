/** What happened at one try of a request. Neither headers nor bodies: there is no key in it. */
export interface TraceEvent {
  method: string;
  url: string;
  /** Which try of this request it was, from 1. */
  attempt: number;
  /** Null when no answer came. */
  status: number | null;
  /** The answer's `ld-request`. */
  requestId: string | null;
  durationMs: number;
  /** Why it failed; null when it did not. */
  error: string | null;
  /** In how many milliseconds it is tried again; null when it is not. */
  retryInMs: number | null;
}

export type OnTrace = (event: TraceEvent) => void;
