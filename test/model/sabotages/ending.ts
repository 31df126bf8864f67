import type { KeptRun } from '../../../src/base/journal.js';
import type { LdctlError } from '../../../src/base/errors.js';
import type { Pace } from '../../../src/job/pace.js';
import type { Run } from '../../../src/job/run-state.js';
import { ofEntries, put } from '../places.js';
import { SECOND } from '../setting.js';
import { plan, sabotage, type Rules } from './sabotage.js';

/** How long it looks, and how it ends. */
export const ENDING: Rules = {
  Missing: [
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
      put<unknown[], boolean>('job/answer', 'isHopeless', () => false),
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
      'a deadline is none',
      'one node',
      1,
      put<[Run, number], unknown>('job/run-state', 'follow', (original, run, now) => {
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
        'job/run-state',
        'interrupt',
        (original, run, ...rest) => {
          if (run.state.name === 'posting') run.state = { name: 'sending' };
          original(run, ...rest);
        },
      ),
    ),
  ],
};
