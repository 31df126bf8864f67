import { type SandboxAnswer } from './sandbox.js';
import { type Dice } from './dice.js';

/** What becomes of one POST. */
export type PostFault =
  | { kind: 'none' }
  /** It never leaves the client. */
  | { kind: 'refused' }
  /** Its answer never comes; the client notices soon, or at its timeout. */
  | { kind: 'lost'; carriedOut: boolean; timeout: boolean }
  /** The client takes it for lost, and it reaches the server that much later. */
  | { kind: 'late'; ms: number }
  /** It reaches the server twice, and the client sees one of the answers, or none. */
  | { kind: 'twice'; apartMs: number; answer: 'first' | 'second' | 'none' }
  | FalseAnswer;

/** What becomes of one read of the log. */
export type ReadFault = { kind: 'none' | 'cut' | 'lie' | 'null' } | { kind: 'lost'; timeout: boolean } | FalseAnswer;

/** The client sees this answer instead of the server's own. */
export interface FalseAnswer {
  kind: 'answer';
  status: number;
  carriedOut?: boolean;
  retryAfterS?: number;
  /** A proxy's page instead of the API's problem. */
  html?: boolean;
}

/**
 * How late a lost request may still reach a server that ignores idempotency keys: with entries up to 3 s late, that is
 * what a look after 5 s can see. One that honours them has no such limit.
 */
const LATEST_WITHOUT_KEYS_MS = 1000;
const LATEST_WITH_KEYS_MS = 20_000;

export function drawPostFault(dice: Dice, probability: number, honoursKeys: boolean): PostFault {
  if (!dice.chance(probability)) return { kind: 'none' };
  const carriedOut = dice.chance(0.5);
  const latest = honoursKeys ? LATEST_WITH_KEYS_MS : LATEST_WITHOUT_KEYS_MS;
  const retryAfterS = dice.chance(0.4) ? dice.pick([1, 3, 20, 150]) : undefined;
  return dice.weighted<PostFault>([
    [2, { kind: 'refused' }],
    [5, { kind: 'lost', carriedOut, timeout: dice.chance(0.3) }],
    [3, { kind: 'late', ms: dice.between(0, latest) }],
    // A request doubled on its way to a server without keys is carried out twice, and no client can help it.
    [
      honoursKeys ? 3 : 0,
      { kind: 'twice', apartMs: dice.between(0, 2000), answer: dice.pick(['first', 'second', 'none']) },
    ],
    [
      4,
      { kind: 'answer', status: dice.pick([500, 502, 503, 504, 408]), carriedOut, retryAfterS, html: dice.chance(0.4) },
    ],
    [1, { kind: 'answer', status: dice.pick([200, 204]), carriedOut, html: dice.chance(0.5) }],
    [2, { kind: 'answer', status: dice.pick([429, 425]), retryAfterS }],
    [1, { kind: 'answer', status: dice.pick([302, 307]) }],
    [1, { kind: 'answer', status: dice.pick([400, 401, 403, 404]), html: dice.chance(0.3) }],
  ]);
}

export function drawReadFault(dice: Dice, probability: number): ReadFault {
  if (!dice.chance(probability)) return { kind: 'none' };
  return dice.weighted<ReadFault>([
    [3, { kind: 'lost', timeout: dice.chance(0.2) }],
    [3, { kind: 'answer', status: dice.pick([500, 502, 503, 504, 408]), html: dice.chance(0.5) }],
    [2, { kind: 'answer', status: 429, retryAfterS: dice.pick([1, 5, 30]) }],
    [1, { kind: 'answer', status: 200, html: true }],
    [2, { kind: dice.pick(['cut', 'lie', 'null']) }],
  ]);
}

/** The false answer itself. It quotes the API key, as a careless server or proxy might. */
export function falsified(fault: FalseAnswer, apiKey: string, serverNow: number): Omit<SandboxAnswer, 'holdMs'> {
  const { status, retryAfterS, html } = fault;
  const headers: Record<string, string> = {
    'ld-request': 'feedfacefeedfacefeedfacefeedface',
    date: new Date(serverNow).toUTCString(),
  };
  if (retryAfterS !== undefined) headers['retry-after'] = String(retryAfterS);
  if (status >= 300 && status < 400) headers.location = `https://elsewhere.example/?key=${apiKey}`;
  if (status === 204) return { status, headers, body: '' };
  if (html)
    return { status, headers: { ...headers, 'content-type': 'text/html' }, body: `<h1>${status}</h1><p>${apiKey}</p>` };
  const problem = { code: `e${status}`, reason: `Not this time, ${apiKey}.`, status };
  return { status, headers: { ...headers, 'content-type': 'application/problem+json' }, body: JSON.stringify(problem) };
}
