import type { Clock, Random } from '../base/clock.js';
import type { ApiKey } from '../base/secret.js';

/** What a client of either API is made of. `HTTPS_PROXY` and `NO_PROXY` of the process hold. */
export interface ClientOptions {
  /** Base URL of the API, as text or as a `URL`: https, or http to a loopback address. */
  url: string | { readonly href: string };
  apiKey: ApiKey | string;
  clock?: Clock;
  random?: Random;
  /** For one try, from the first packet to the last byte of the answer; milliseconds, 15 000 unless given. */
  requestTimeoutMs?: number;
  /** Called for every try, for `--debug`. */
  onTrace?: OnTrace;
  userAgent?: string;
}

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
