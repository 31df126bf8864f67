import {
  ApiError,
  invalidAnswerError,
  REDIRECT,
  TransportError,
  UsageError,
} from '../../src/base/errors.js';

const SECOND = 1000;

/**
 * What a POST can meet. `connects`: how long that takes, ms; then it is sent, if it may still be.
 * `runs`: the server does the action, at once or this many ms later. `takes`: how long until its
 * process knows, ms. `means`: what that can know of it.
 */
interface Meeting {
  connects?: number;
  runs?: 'at once' | number;
  takes?: number;
  means: 'accepted' | 'no' | 'later' | 'unknown' | 'interrupt' | 'killed';
  /** The error that the client makes of it; none for a `202`. */
  error?: () => Error;
}

const api = (status: number, code: string, retryAfterMs?: number) => (): Error =>
  new ApiError(code, { status, code, reason: '', retryAfterMs });
const redirect = (): Error => new TransportError(REDIRECT, 'redirect', { sent: 'maybe' });
const lost = (): Error => new TransportError('ECONNRESET', 'lost', { sent: 'maybe' });

const MEETINGS = {
  accepted: { runs: 'at once', means: 'accepted' },
  'lost before': { takes: 3 * SECOND, means: 'unknown', error: lost },
  'lost after': { runs: 'at once', takes: 3 * SECOND, means: 'unknown', error: lost },
  'arrives later': { runs: 3 * SECOND, takes: 20, means: 'unknown', error: lost },
  'sleeps, lost before': { takes: 900 * SECOND, means: 'unknown', error: lost },
  'sleeps, lost after': { runs: 'at once', takes: 900 * SECOND, means: 'unknown', error: lost },
  '503 before': { means: 'unknown', error: api(503, 'http_503') },
  '503 after': { runs: 'at once', means: 'unknown', error: api(503, 'http_503', 4 * SECOND) },
  '408 after': { runs: 'at once', means: 'unknown', error: api(408, 'http_408') },
  '200 after': { runs: 'at once', means: 'unknown', error: () => invalidAnswerError('200') },
  'a bug after': { runs: 'at once', means: 'unknown', error: () => new TypeError('a bug') },
  refused: {
    means: 'later',
    error: () => new TransportError('ECONNREFUSED', 'refused', { sent: 'no' }),
  },
  certificate: {
    means: 'no',
    error: () => new TransportError('CERT', 'certificate', { sent: 'no', transient: false }),
  },
  'not a request': { means: 'no', error: () => new UsageError('no such action') },
  '429': { means: 'later', error: api(429, 'rate_limited', 12 * SECOND) },
  // A server that ignores keys runs it twice.
  '429 of a gateway that has sent it on': {
    runs: 'at once',
    means: 'later',
    error: api(429, 'rate_limited', 12 * SECOND),
  },
  '425': { means: 'later', error: api(425, 'too_early') },
  '403': { means: 'no', error: api(403, 'denied') },
  // A gateway has put its own answer in place of the `202`.
  '409 of a gateway': { runs: 'at once', means: 'unknown', error: api(409, 'http_409') },
  'key of another body': { means: 'no', error: api(409, 'idempotency_error') },
  // A request with this very key is running, one that was lost on its way: it ends in a second.
  'in progress': {
    runs: SECOND,
    means: 'unknown',
    error: api(409, 'idempotent_request_in_progress'),
  },
  'redirect before': { means: 'unknown', error: () => redirect() },
  'redirect after': {
    runs: 'at once',
    means: 'unknown',
    error: () => redirect(),
  },
  // A gateway has sent it twice: the client gets the second answer.
  'doubled by a gateway': { runs: 'at once', means: 'accepted' },
  'interrupt before': { means: 'interrupt' },
  'interrupt after': { runs: 'at once', means: 'interrupt' },
  'killed before': { means: 'killed' },
  'killed before, run again later': { means: 'killed' },
  'killed after': { runs: 'at once', means: 'killed' },
  'connected late': { connects: 11 * SECOND, runs: 'at once', means: 'accepted' },
  // No client can hold that one for a second POST.
  'stopped before it leaves': { runs: 'at once', means: 'accepted' },
} as const satisfies Record<string, Meeting>;

export type PostFault = keyof typeof MEETINGS;

export const meetingOf = (fault: PostFault): Meeting => MEETINGS[fault];

/** Only some POSTs can meet these. */
const RARE: readonly PostFault[] = [
  ...([
    'killed before',
    'killed before, run again later',
    'killed after',
    'stopped before it leaves',
    'doubled by a gateway',
    'connected late',
    '429 of a gateway that has sent it on',
  ] as const),
];
/** Of the same class as another: with one fault they are played, with more only the other is. */
const ALIKE: readonly PostFault[] = [
  ...(['503 before', '408 after', '200 after', 'a bug after', 'certificate'] as const),
  ...([
    '409 of a gateway',
    'not a request',
    '425',
    'key of another body',
    'sleeps, lost before',
  ] as const),
];

/** What any POST can meet but what goes well. */
const PLAIN = (Object.keys(MEETINGS) as PostFault[]).filter(
  (fault) => fault !== 'accepted' && !RARE.includes(fault),
);

/** @param also what only some can meet */
export function postFaults(
  also: readonly PostFault[],
  isDeep: boolean,
): readonly [PostFault, ...PostFault[]] {
  const plain = PLAIN.filter((fault) => !isDeep || !ALIKE.includes(fault));
  return ['accepted', ...plain, ...also];
}
