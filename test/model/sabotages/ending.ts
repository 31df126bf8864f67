import { ApiError, TransportError } from '../../../src/base/errors.js';
import type { ExitCode } from '../../../src/base/exit-codes.js';
import type { NodeResult } from '../../../src/base/outcome.js';
import type { isHopeless } from '../../../src/job/answer.js';
import type { Resume } from '../../../src/job/job.js';
import type { failedRead, goodRead, Pace } from '../../../src/job/pace.js';
import type { endWithError, resultOfRun } from '../../../src/job/run/ended.js';
import type { judge, newFollowing } from '../../../src/job/run/following.js';
import type { interrupt, tickRun } from '../../../src/job/run/run.js';
import { endOf, sentOf, type Reported, type Run } from '../../../src/job/run/state.js';
import type { continueFrom } from '../../../src/job/run/unknown.js';
import { limit, ofEntries, put, type Change } from '../places.js';
import { SECOND } from '../setting.js';
import { plan, sabotage, type Rules, type SettlesAtOf } from './sabotage.js';

type ResumeOf = (run: Run, end: Reported, nodes: readonly NodeResult[]) => Resume | null;

/** What ends with one exit code says another. */
const tells = (wrong: ExitCode, right: ExitCode): Change =>
  put<typeof resultOfRun>('job/run/ended', 'resultOfRun', (original, run) => {
    const end = original(run);
    return end.exitCode === right ? { ...end, exitCode: wrong } : end;
  });

/** How long it looks, and how it ends. */
export const ENDING: Rules = {
  Missing: [
    sabotage(
      'a node is missing only at the deadline',
      'missing-too-late',
      'one node',
      1,
      put<SettlesAtOf>('job/run/following', 'settlesAtOf', (original, run, state) =>
        run.entries.hasEnough() ? original(run, state) : Infinity,
      ),
    ),
    sabotage(
      'missing at once',
      'missing-too-soon',
      'one node',
      1,
      plan('appearTimeoutMs', () => SECOND),
    ),
    sabotage(
      'an open entry that is gone is waited for',
      'due-log',
      'one node',
      1,
      ofEntries('take', (entries, original, ...args) => {
        const changes = original(...args);
        for (const entry of entries.byId.values()) entry.goneSince = null;
        return changes;
      }),
    ),
  ],
  'How often': [
    sabotage(
      '`retry-after` is obeyed for 50 minutes',
      'obeys-too-long',
      'one node, the first POST lost, a log that says to wait for 50 minutes',
      0,
      limit('job/pace', 'LONGEST_RETRY_AFTER', 3600 * SECOND),
    ),
    sabotage(
      'the first read comes after five seconds',
      'first-read-late',
      'one node',
      0,
      limit('job/run/following', 'FIRST_READ', 5 * SECOND),
    ),
    sabotage(
      'a read of many pages is followed at once',
      'reads-too-often',
      'one node, many entries, the oldest first',
      1,
      put<typeof goodRead>('job/pace', 'goodRead', (original, pace, ...rest) => {
        original(pace, ...rest);
        pace.earliest = -Infinity;
      }),
    ),
    sabotage(
      'the log is looked at every five seconds',
      'reads-too-seldom',
      'one node',
      1,
      put<(pace: Pace, now: number) => void>('job/pace', 'later', (_, pace, now) => {
        pace.nextRead = now + 5 * SECOND;
      }),
    ),
  ],
  'Failing reads': [
    sabotage(
      'a 404 is tolerated for a minute',
      'reads-on-when-denied',
      'one node of a deployment that goes',
      0,
      put<typeof isHopeless>('job/answer', 'isHopeless', (original, error) =>
        error instanceof ApiError && error.status === 404 ? false : original(error),
      ),
    ),
    sabotage(
      'reads are given up after a minute, though the fate of a POST is unknown',
      'as-if-nothing-had-been',
      'one node, the first POST lost, no log for 100 s',
      0,
      put<typeof failedRead>('job/pace', 'failedRead', (original, pace, failure, now) =>
        original(pace, failure, now),
      ),
    ),
    sabotage(
      'a read that was denied is tried again',
      'reads-on-when-denied',
      'one node',
      1,
      put<typeof isHopeless>('job/answer', 'isHopeless', () => false),
    ),
    sabotage(
      'a log that is denied ends it as if its time were up',
      'due-error',
      'one node',
      1,
      put<typeof endWithError>('job/run/ended', 'endWithError', (original, ...args) => {
        const end = original(...args);
        return end.outcome === 'unconfirmed' ? { ...end, outcome: 'timed_out' } : end;
      }),
    ),
    sabotage(
      'one failed read ends it',
      'as-if-nothing-had-been',
      'one node',
      1,
      put<typeof failedRead>('job/pace', 'failedRead', () => ({ givesUp: true, events: [] })),
    ),
  ],
  Time: [
    sabotage(
      'a record from the future is as good as a new one',
      'again-by-wrong-clock',
      'one node, killed, then the clock is set back',
      1,
      put<typeof continueFrom>(
        'job/run/unknown',
        'continueFrom',
        (original, run, before, kept, now) =>
          original(run, before, { ...kept, ageMs: Math.max(kept.ageMs, 0) }, now),
      ),
    ),
  ],
  'The end': [
    sabotage(
      'an interrupt ends as what is not known',
      'due-interrupt',
      'one node',
      1,
      tells(7, 130),
    ),
    sabotage(
      'what sent nothing ends with 6, whatever it met',
      'due-nothing-sent',
      'one node',
      1,
      put<typeof resultOfRun>('job/run/ended', 'resultOfRun', (original, run) => {
        if (endOf(run)?.outcome === null) throw new TransportError('X', 'lost', { sent: 'no' });
        return original(run);
      }),
    ),
    sabotage(
      'Ctrl-C before the POST does not keep it from sending',
      'sent-after-interrupt',
      'one node',
      1,
      put<typeof interrupt>('job/run/run', 'interrupt', (original, run, reason) => {
        if (sentOf(run)) original(run, reason);
      }),
    ),
    sabotage(
      'a wait that fails says nothing of what it had read',
      'hides-what-it-read',
      'a wait for two entries',
      1,
      put<typeof endWithError>('job/run/ended', 'endWithError', (_, __, error) => ({
        ...{ name: 'ended', outcome: null, error },
      })),
    ),
    sabotage(
      'the log is not read at the deadline',
      'as-if-nothing-had-been',
      'one node, done right before the deadline',
      0,
      put<typeof tickRun>('job/run/run', 'tickRun', (original, run, now) => {
        original(run, now);
        const { state } = run;
        if (state.name !== 'following' || now < state.deadline) return;
        const { sent, acceptedAt } = state;
        run.state = { name: 'ended', outcome: 'timed_out', error: null, sent, acceptedAt };
      }),
    ),
    sabotage(
      'an open entry ends it',
      'stops-too-soon',
      'one node',
      0,
      put<typeof judge>('job/run/following', 'judge', (original, run, state, log) => {
        const isOpen = run.entries.open().length > 0;
        return original(run, isOpen ? { ...state, deadline: log.startedAt } : state, log);
      }),
    ),
    sabotage(
      'Ctrl-C does not end it',
      'runs-on-after-interrupt',
      'one node',
      1,
      put<typeof interrupt>('job/run/run', 'interrupt', () => undefined),
    ),
    sabotage(
      'nothing says how to continue',
      'says-no-next',
      'one node',
      1,
      put<ResumeOf>('job/run/ended', 'resumeOfRun', () => null),
    ),
    sabotage(
      'it continues above its entries',
      'next-is-too-high',
      'one node',
      1,
      put<ResumeOf>('job/run/ended', 'resumeOfRun', (original, ...args) => {
        const resume = original(...args);
        return resume && 'after' in resume ? { ...resume, after: (1n << 64n) - 1n } : resume;
      }),
    ),
    sabotage(
      'a deadline is none',
      'never-ends',
      'one node',
      1,
      put<typeof newFollowing>('job/run/following', 'newFollowing', (original, ...args) => ({
        ...original(...args),
        deadline: Infinity,
      })),
    ),
    sabotage('what timed out ends with 0', 'due-outcome', 'one node', 1, tells(0, 8)),
    sabotage(
      'an interrupt within a POST is told as one before it',
      'denies-what-it-sent',
      'named nodes',
      1,
      put<typeof interrupt>('job/run/run', 'interrupt', (original, run, reason) => {
        if (run.state.name === 'posting') {
          run.state = { name: 'sending', before: null, notBefore: 0 };
        }
        original(run, reason);
      }),
    ),
  ],
};
