import { type Clock, type Random } from '../base/clock.js';
import { type Env } from '../base/text.js';
import { type ApiKey } from '../base/secret.js';
import { type OnTrace } from './trace.js';

/** What a client of either API is made of. */
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
  /** For `HTTPS_PROXY` and `NO_PROXY`; the process's own unless given. */
  env?: Env;
}
