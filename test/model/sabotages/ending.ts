import type { KeptRun } from '../../../src/base/journal.js';
import type { LdctlError } from '../../../src/base/errors.js';
import type { Pace } from '../../../src/job/pace.js';
import type { Run } from '../../../src/job/run-state.js';
import { limit, ofEntries, put } from '../places.js';
import { SECOND } from '../setting.js';
import { plan, sabotage, type Rules } from './sabotage.js';

/** How long it looks, and how it ends. */
export const ENDING: Rules = {
  Missing: [
    sabotage(
      'a node is missing only at the deadline',
      'one node',
      1,
      put('job/run-end', 'appearOf', () => Infinity),
    ),
    sabotage(
      'missing at once',
      'one node',
      1,
      plan(() => ({ appearMs: SECOND })),
    ),
    sabotage(
      'an open entry that is gone is waited for',
      'one node',
      1,
      ofEntries<[unknown, unknown, unknown], unknown>('take', (entries, original, ...args) => {
        const changes = original(...args);
        for (const entry of entries.byId.values()) entry.goneSince = null;
        return changes;
      }),
    ),
  ],
  'How often': [
    sabotage(
      'the first read comes after five seconds',
      'one node',
      0,
      limit('job/run-moves', 'FIRST_READ', 5 * SECOND),
    ),
    sabotage(
      'a read of many pages is followed at once',
      'one node, many entries, the oldest first',
      1,
      put<[Pace, ...unknown[]], unknown>('job/pace', 'goodRead', (original, pace, ...rest) => {
        const events = original(pace, ...rest);
        pace.earliest = -Infinity;
        return events;
      }),
    ),
    sabotage(
      'the log is looked at every five seconds',
      'one node',
      1,
      put<[Pace, number], unknown>('job/pace', 'later', (_, pace, now) => {
        pace.nextRead = now + 5 * SECOND;
      }),
    ),
  ],
  'Failing reads': [
    sabotage(
      'a read that was denied is tried again',
      'one node',
      1,
      put('job/answer', 'isHopeless', () => false),
    ),
    sabotage(
      'one failed read ends it',
      'one node',
      1,
      put<unknown[], { givesUp: boolean; news: [] }>('job/pace', 'failedRead', () => ({
        givesUp: true,
        news: [],
      })),
    ),
  ],
  Time: [
    sabotage(
      'a record from the future is as good as a new one',
      'one node, killed, then the clock is set back',
      1,
      put<[Run, KeptRun, number], unknown>(
        'job/run-answer',
        'continueFrom',
        (original, run, kept, now) =>
          original(run, { ...kept, ageMs: Math.max(kept.ageMs, 0) }, now),
      ),
    ),
  ],
  'The end': [
    sabotage(
      'the log is not read at the deadline',
      'one node, done right before the deadline',
      0,
      put<[Run, number], unknown>('job/run', 'tickRun', (original, run, now) => {
        original(run, now);
        const { state } = run;
        if (state.name !== 'following' || now < state.deadline) return;
        run.state = { name: 'ended', outcome: 'timed_out', error: null };
      }),
    ),
    sabotage(
      'an open entry ends it',
      'one node',
      1,
      put<[Run, number], unknown>('job/run-end', 'judge', (original, run, startedAt) => {
        if (run.state.name === 'following') run.state.deadline = startedAt;
        original(run, startedAt);
      }),
    ),
    sabotage(
      'Ctrl-C does not end it',
      'one node',
      1,
      put('job/run-moves', 'interrupt', () => undefined),
    ),
    sabotage(
      'nothing says how to continue',
      'one node',
      1,
      put('job/result', 'resumeOfRun', () => null),
    ),
    sabotage(
      'it continues below its entries',
      'one node',
      1,
      put<[Run, ...unknown[]], unknown>('job/result', 'resumeOfRun', (original, run, ...rest) => {
        const resume = original(run, ...rest);
        return resume && { ...resume, after: 1n << 60n };
      }),
    ),
    sabotage(
      'a deadline is none',
      'one node',
      1,
      put<[Run, number], unknown>('job/run-moves', 'follow', (original, run, now) => {
        original(run, now);
        if (run.state.name === 'following') run.state.deadline = Infinity;
      }),
    ),
    sabotage(
      'what timed out ends with 0',
      'one node',
      1,
      put<unknown[], { result: { outcome: string }; exitCode: number }>(
        'job/result',
        'resultOfRun',
        (original, ...args) => {
          const result = original(...args);
          return result.exitCode === 8 ? { ...result, exitCode: 0 } : result;
        },
      ),
    ),
    sabotage(
      'an interrupt within a POST is told as one before it',
      'named nodes',
      1,
      put<[Run, LdctlError, number], unknown>(
        'job/run-moves',
        'interrupt',
        (original, run, ...rest) => {
          if (run.state.name === 'posting') run.state = { name: 'sending' };
          original(run, ...rest);
        },
      ),
    ),
  ],
};
