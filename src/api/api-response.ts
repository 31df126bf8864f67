import { type ApiKey } from '../base/secret.js';
import { type BodyError } from './answer-body.js';
import { quote } from './quote.js';

/** An HTTP answer together with what it answers; all that is known once the wire is left behind. */
export interface ApiResponse {
  method: string;
  url: URL | string;
  status: number;
  /** Names in lower case, as Node gives them. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  body: string;
  /** Why there is no body to read, though the answer had one. */
  bodyError?: BodyError;
  /** When it came, milliseconds UTC on the local clock. */
  receivedAt?: number;
  /** Taken out of every text of the answer that an error quotes. */
  apiKey?: ApiKey;
}

/** A header's value; the first, when there are several. */
export function header(response: ApiResponse, name: string): string | undefined {
  const value = response.headers[name];
  return typeof value === 'object' ? value[0] : value;
}

/** The `ld-request` of an answer (contract, "Tracing"). */
export function requestIdOf(response: ApiResponse): string | undefined {
  return quote(header(response, 'ld-request') ?? '', response.apiKey, 100) || undefined;
}

/** What was attempted, as errors say it: `GET /deployments/7/activities`. */
export function attempted({ method, url }: ApiResponse): string {
  return `${method} ${new URL(url).pathname}`;
}

/** Where it was attempted, for hints: `https://api.laserdata.cloud`. */
export function origin({ url }: ApiResponse): string {
  return new URL(url).origin;
}
