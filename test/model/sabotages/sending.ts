import { InvalidAnswerError, type ApiError, type LdctlError } from '../../../src/base/errors.js';
import type { Run } from '../../../src/job/run-state.js';
import { inTable, limit, put, type Change } from '../places.js';
import { SECOND } from '../setting.js';
import { sabotage, type Rules } from './sabotage.js';

type Baseline = Run['baseline'];

const answers = (from: string, to: string): Change =>
  put<[unknown], string>('job/answer', 'classify', (original, answer) => {
    const is = original(answer);
    return is === from ? to : is;
  });

/** What an answer means, and whether the same is sent again. */
export const SENDING: Rules = {
  'The answer': [
    sabotage('a 503 is a no', 'one node', 1, answers('uncertain', 'definite-no')),
    sabotage('a no is tried again', 'one node', 1, answers('definite-no', 'uncertain')),
    sabotage(
      'a 408 is a no',
      'one node',
      1,
      put<[ApiError], string>('job/answer', 'classifyStatus', (original, error) =>
        error.status === 408 ? 'definite-no' : original(error),
      ),
    ),
    sabotage(
      'an answer that says nothing is a no',
      'one node',
      1,
      put<[unknown], string>('job/answer', 'classify', (original, answer) =>
        answer instanceof InvalidAnswerError ? 'definite-no' : original(answer),
      ),
    ),
    sabotage(
      'what is in progress is refused',
      'one node',
      1,
      put('job/answer', 'isInProgress', () => false),
    ),
    sabotage(
      'a 403 after a lost answer is a no',
      'a log that shows late',
      2,
      put<[Run, LdctlError], unknown>('job/run-moves', 'endWithError', (original, run, error) => {
        original(run, error);
        if (error.code === 'denied') run.state = { name: 'ended', outcome: null, error };
      }),
    ),
    sabotage(
      'what was refused is not tried again',
      'one node',
      1,
      answers('not-sent', 'definite-no'),
    ),
    sabotage(
      'what was refused is sent again at once',
      'one node',
      1,
      put<[Run, LdctlError, number, number], unknown>(
        'job/run-answer',
        'tryLater',
        (original, run, error, _, now) => original(run, error, 0, now),
      ),
    ),
    sabotage(
      'the second try after a no has the first baseline',
      'one node, 429 at first',
      2,
      put<[Run, Baseline], unknown>('job/run-moves', 'setBaseline', (original, run, baseline) => {
        const isFirst = run.attempts.firstAt === null;
        original(run, isFirst ? baseline : { ...run.baseline, readAt: baseline.readAt });
      }),
    ),
    sabotage(
      'it tries only for a second',
      'one node',
      1,
      limit('job/run-state', 'RETRY_WINDOW', SECOND),
    ),
    sabotage(
      'a redirect is sent again',
      'named nodes',
      1,
      put<[Run, LdctlError, number], unknown>(
        'job/run-answer',
        'takeFailedPost',
        (original, run, ...rest) => {
          original(run, ...rest);
          run.attempts.windowMs = 120 * SECOND;
        },
      ),
    ),
  ],
  Uncertain: [
    sabotage(
      'it posts again without reading',
      'named nodes, keys ignored',
      1,
      put<[Run, number, object?], unknown>('job/run-moves', 'lose', (original, run, now, more) => {
        original(run, now, more);
        run.state = { name: 'sending' };
      }),
    ),
    sabotage(
      'a read right after the loss proves it',
      'named nodes, keys ignored',
      1,
      limit('job/run-state', 'READ_AFTER', 0),
    ),
    sabotage(
      'what the log shows is no proof',
      'named nodes, keys ignored',
      1,
      put<[Run, number], unknown>('job/run-read', 'takeTrace', (_, run) => {
        run.state = { name: 'sending' };
      }),
    ),
    sabotage('it sends again forever', 'one node', 1, limit('job/run-state', 'RETRY_WINDOW', 1e12)),
    sabotage(
      'the two minutes count from the end of the POST',
      'one node',
      1,
      inTable<[Run, unknown, number], unknown>(
        'job/run',
        ['TAKE', 'post'],
        (original, run, told, now) => {
          run.attempts.firstAt = now;
          original(run, told, now);
        },
      ),
    ),
    sabotage(
      '--no-wait is accepted by a single entry',
      'two nodes, no wait, the first POST lost',
      1,
      put<[Run, number], unknown>('job/run-end', 'judgeAccepted', (_, run) => {
        run.state = { name: 'ended', outcome: 'accepted', error: null };
      }),
    ),
  ],
};
