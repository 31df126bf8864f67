import { TransportError, type ApiError, type LdctlError } from '../../../src/base/errors.js';
import type { classify, Fate } from '../../../src/job/answer.js';
import type { FactOf } from '../../../src/job/job.js';
import type { retryLater } from '../../../src/job/run/checking.js';
import type { resultOfRun } from '../../../src/job/run/ended.js';
import type { takePosting } from '../../../src/job/run/sending.js';
import { isTooLate, type In, type Run, type Sent, type State } from '../../../src/job/run/state.js';
import type { maySendAgain, takeUnknown } from '../../../src/job/run/unknown.js';
import type { LogRead } from '../../../src/log/log.js';
import { limit, put, type Change } from '../places.js';
import { SECOND } from '../setting.js';
import { sabotage, type Rules } from './sabotage.js';

/** Wider than the states allow. */
type TakePosting = (run: Run, state: In<'posting'>, fact: FactOf<'post'>, now: number) => State;
type FailedPost = (run: Run, state: In<'posting'>, error: LdctlError, now: number) => State;
type Lose = (run: Run, sent: Sent, now: number, notBefore?: number) => State;
type TakeTrace = (run: Run, sent: Sent, log: LogRead, now: number) => State;

const answers = (from: Fate, to: Fate): Change =>
  put<typeof classify>('job/answer', 'classify', (original, error) => {
    const is = original(error);
    return is === from ? to : is;
  });

const answersCode = (code: string, is: Fate): Change =>
  put<(error: ApiError) => Fate>('job/answer', 'classifyStatus', (original, error) =>
    error.code === code ? is : original(error),
  );

/** What an answer means, and whether the same is sent again. */
export const SENDING: Rules = {
  'The answer': [
    sabotage(
      'what was accepted is sent once more',
      'again-after-accepted',
      'one node',
      0,
      put<TakePosting>('job/run/sending', 'takePosting', (original, run, state, fact, now) => {
        const to = original(run, state, fact, now);
        if (fact.answer instanceof Error) return to;
        run.attempts.backoffs += 1;
        return run.attempts.backoffs === 1
          ? { name: 'sending', before: state.sent, notBefore: 0 }
          : to;
      }),
    ),
    sabotage(
      '--no-wait ends as if it had waited',
      'due-accepted',
      'every node, four by Core, no wait',
      0,
      put<typeof resultOfRun>('job/run/ended', 'resultOfRun', (original, run) => {
        const end = original(run);
        return end.result.outcome === 'accepted' ? { ...end, exitCode: 8 } : end;
      }),
    ),
    sabotage(
      'a 503 is a no',
      'denies-what-it-sent',
      'one node',
      1,
      answersCode('http_503', 'definite-no'),
    ),
    sabotage(
      'a 408 is a no',
      'denies-what-it-sent',
      'one node',
      1,
      answersCode('http_408', 'definite-no'),
    ),
    sabotage(
      'a 409 of a gateway is a no',
      'denies-what-it-sent',
      'one node',
      1,
      answersCode('http_409', 'definite-no'),
    ),
    sabotage(
      'a 409 of the API is uncertain',
      'again-after-no',
      'one node',
      1,
      answersCode('idempotency_error', 'uncertain'),
    ),
    sabotage(
      'an answer that is lost is a no',
      'denies-what-it-sent',
      'one node',
      1,
      put<typeof classify>('job/answer', 'classify', (original, error) =>
        error instanceof TransportError && error.sent === 'maybe' ? 'definite-no' : original(error),
      ),
    ),
    sabotage(
      'a no is tried again',
      'again-after-no',
      'one node',
      1,
      answers('definite-no', 'uncertain'),
    ),
    sabotage(
      'an answer that says nothing is a no',
      'denies-what-it-sent',
      'one node',
      1,
      put<typeof classify>('job/answer', 'classify', (original, error) =>
        error.code === 'invalid_answer' ? 'definite-no' : original(error),
      ),
    ),
    sabotage(
      'what is in progress is refused',
      'denies-what-it-sent',
      'one node',
      1,
      answers('in-progress', 'definite-no'),
    ),
    sabotage(
      'a 403 after a lost answer is a no',
      'denies-what-it-sent',
      'a log that shows late',
      2,
      put<FailedPost>('job/run/sending', 'takeFailedPost', (original, run, state, error, now) =>
        error.code === 'denied'
          ? { name: 'ended', outcome: null, error }
          : original(run, state, error, now),
      ),
    ),
    sabotage(
      'what was refused is not tried again',
      'as-if-nothing-had-been',
      'one node',
      1,
      answers('not-sent', 'definite-no'),
    ),
    sabotage(
      'what was refused is sent again at once',
      'again-too-soon',
      'one node',
      1,
      put<typeof retryLater>('job/run/checking', 'retryLater', (original, run, error, now) => {
        const to = original(run, error, now);
        return to.name === 'checking' ? { ...to, notBefore: now } : to;
      }),
    ),
    sabotage(
      'a second try has the first baseline',
      'row-of-older-entry',
      'one node, 429 at first',
      1,
      put<(run: Run, log: LogRead) => boolean>(
        'job/run/checking',
        'moveBaseline',
        (original, run, log) => {
          const before = run.baseline;
          const isNews = original(run, log);
          const { readAt } = run.baseline;
          if (run.attempts.firstAt !== null) run.baseline = { ...before, readAt };
          return isNews;
        },
      ),
    ),
    sabotage(
      'it tries only for a second',
      'as-if-nothing-had-been',
      'one node',
      1,
      limit('job/run/state', 'RETRY_WINDOW', SECOND),
    ),
    sabotage(
      'a redirect is sent again',
      'again-after-redirect',
      'named nodes',
      1,
      put<FailedPost>('job/run/sending', 'takeFailedPost', (original, run, ...rest) => {
        const to = original(run, ...rest);
        run.attempts.windowMs = 120 * SECOND;
        return to;
      }),
    ),
  ],
  Uncertain: [
    sabotage(
      'it posts again without reading',
      'run-twice',
      'named nodes, keys ignored',
      1,
      put<Lose>('job/run/unknown', 'becomeUnknown', (original, run, sent, now, notBefore) => {
        const to = original(run, sent, now, notBefore);
        return isTooLate(run, now) ? to : { name: 'sending', before: sent, notBefore: 0 };
      }),
    ),
    sabotage(
      'it sends again by a read that is not deep',
      'again-by-shallow-read',
      'one node',
      1,
      put<typeof maySendAgain>('job/run/unknown', 'maySendAgain', () => false),
      put<typeof takeUnknown>('job/run/unknown', 'takeUnknown', (original, run, state, log, now) =>
        original(run, state, { ...log, downTo: 'forNodes' }, now),
      ),
    ),
    sabotage(
      'a read right after the loss proves it',
      'run-twice',
      'named nodes, keys ignored',
      1,
      limit('job/run/unknown', 'READ_AFTER', 0),
    ),
    sabotage(
      'what the log shows is no proof',
      'again-though-shown',
      'named nodes, keys ignored',
      1,
      put<TakeTrace>('job/run/unknown', 'takeTrace', (original, run, sent, log, now) =>
        isTooLate(run, now)
          ? original(run, sent, log, now)
          : { name: 'sending', before: sent, notBefore: 0 },
      ),
    ),
    sabotage(
      'it sends again forever',
      'again-too-late',
      'one node',
      1,
      limit('job/run/state', 'RETRY_WINDOW', 1e12),
    ),
    sabotage(
      'the two minutes count from the end of the POST',
      'again-too-late',
      'one node',
      1,
      put<typeof takePosting>(
        'job/run/sending',
        'takePosting',
        (original, run, state, fact, now) => {
          run.attempts.firstAt = now;
          return original(run, state, fact, now);
        },
      ),
    ),
    sabotage(
      '--no-wait is accepted by an entry of the log',
      'accepted-unsent',
      'two nodes, no wait, the first POST lost',
      1,
      put<TakeTrace>('job/run/unknown', 'takeTrace', (_, __, sent, ___, now) => ({
        ...{ name: 'ended', outcome: 'accepted', error: null, sent, acceptedAt: now },
      })),
    ),
  ],
};
