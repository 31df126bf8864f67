import {
  InvalidAnswerError,
  TransportError,
  type ApiError,
  type LdctlError,
} from '../../../src/base/errors.js';
import type { Answer, classify, isInProgress } from '../../../src/job/answer.js';
import type { Accepted } from '../../../src/base/supervisor.js';
import type { resultOfRun } from '../../../src/job/result.js';
import type { takeAnswer, tryLater } from '../../../src/job/run-answer.js';
import type { lose, setBaseline } from '../../../src/job/run-moves.js';
import type { LogRead } from '../../../src/log/log.js';
import { isTooLate, type maySendAgain, type Run, type State } from '../../../src/job/run-state.js';
import { inTable, limit, put, type Change } from '../places.js';
import { SECOND } from '../setting.js';
import { sabotage, type Rules } from './sabotage.js';

type Following = State & { name: 'following' };
type JudgeAccepted = (run: Run, state: Following, acceptedAt: number, startedAt: number) => void;
type TakeAccepted = (run: Run, answer: Accepted, now: number) => void;
type LookForTrace = (run: Run, state: Unknown, log: LogRead, now: number) => void;
type Unknown = State & { name: 'unknown' };
type FailedPost = (run: Run, error: LdctlError, now: number) => void;

const answers = (from: Answer, to: Answer): Change =>
  put<typeof classify>('job/answer', 'classify', (original, error) => {
    const is = original(error);
    return is === from ? to : is;
  });

const answersCode = (code: string, is: Answer): Change =>
  put<(error: ApiError) => Answer>('job/answer', 'classifyStatus', (original, error) =>
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
      put<TakeAccepted>('job/run-answer', 'takeAccepted', (original, run, ...rest) => {
        original(run, ...rest);
        if (run.attempts.backoffs === 0) run.state = { name: 'sending' };
        run.attempts.backoffs = 1;
      }),
    ),
    sabotage(
      '--no-wait ends as if it had waited',
      'due-accepted',
      'every node, four by Core, no wait',
      0,
      put<typeof resultOfRun>('job/result', 'resultOfRun', (original, run) => {
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
        error instanceof InvalidAnswerError ? 'definite-no' : original(error),
      ),
    ),
    sabotage(
      'what is in progress is refused',
      'denies-what-it-sent',
      'one node',
      1,
      put<typeof isInProgress>('job/answer', 'isInProgress', () => false),
    ),
    sabotage(
      'a 403 after a lost answer is a no',
      'denies-what-it-sent',
      'a log that shows late',
      2,
      put<FailedPost>('job/run-answer', 'takeFailedPost', (original, run, error, now) => {
        original(run, error, now);
        if (error.code === 'denied') run.state = { name: 'ended', outcome: null, error };
      }),
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
      put<typeof tryLater>('job/run-answer', 'tryLater', (original, run, error, now) => {
        original(run, error, now);
        if (run.state.name === 'checking') run.state.notBefore = now;
      }),
    ),
    sabotage(
      'a second try has the first baseline',
      'row-of-older-entry',
      'one node, 429 at first',
      1,
      put<typeof setBaseline>('job/run-moves', 'setBaseline', (original, run, baseline) => {
        const isFirst = run.attempts.firstAt === null;
        original(run, isFirst ? baseline : { ...run.baseline, readAt: baseline.readAt });
      }),
    ),
    sabotage(
      'it tries only for a second',
      'as-if-nothing-had-been',
      'one node',
      1,
      limit('job/run-state', 'RETRY_WINDOW', SECOND),
    ),
    sabotage(
      'a redirect is sent again',
      'again-after-redirect',
      'named nodes',
      1,
      put<FailedPost>('job/run-answer', 'takeFailedPost', (original, run, ...rest) => {
        original(run, ...rest);
        run.attempts.windowMs = 120 * SECOND;
      }),
    ),
  ],
  Uncertain: [
    sabotage(
      'it posts again without reading',
      'run-twice',
      'named nodes, keys ignored',
      1,
      put<typeof lose>('job/run-moves', 'lose', (original, run, now, more) => {
        original(run, now, more);
        if (!isTooLate(run, now)) run.state = { name: 'sending' };
      }),
    ),
    sabotage(
      'it sends again by a read that is not deep',
      'again-by-shallow-read',
      'one node',
      1,
      put<typeof maySendAgain>('job/run-state', 'maySendAgain', () => false),
      put<LookForTrace>('job/run-read', 'lookForTrace', (original, run, state, log, now) =>
        original(run, state, { ...log, downTo: 'forNodes' }, now),
      ),
    ),
    sabotage(
      'a read right after the loss proves it',
      'run-twice',
      'named nodes, keys ignored',
      1,
      limit('job/run-state', 'READ_AFTER', 0),
    ),
    sabotage(
      'what the log shows is no proof',
      'again-though-shown',
      'named nodes, keys ignored',
      1,
      put<(run: Run, now: number) => void>('job/run-read', 'takeTrace', (original, run, now) => {
        if (isTooLate(run, now)) original(run, now);
        else run.state = { name: 'sending' };
      }),
    ),
    sabotage(
      'it sends again forever',
      'again-too-late',
      'one node',
      1,
      limit('job/run-state', 'RETRY_WINDOW', 1e12),
    ),
    sabotage(
      'the two minutes count from the end of the POST',
      'again-too-late',
      'one node',
      1,
      inTable<typeof takeAnswer>('job/run', ['TAKE', 'post'], (original, run, told, now) => {
        run.attempts.firstAt = now;
        original(run, told, now);
      }),
    ),
    sabotage(
      '--no-wait is accepted by a single entry',
      'accepted-unsent',
      'two nodes, no wait, the first POST lost',
      1,
      put<JudgeAccepted>('job/run-end', 'judgeAccepted', (_, run) => {
        run.state = { name: 'ended', outcome: 'accepted', error: null };
      }),
    ),
  ],
};
