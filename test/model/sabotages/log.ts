import type { Activity } from '../../../src/base/activity.js';
import type { createWatch } from '../../../src/job/watch.js';
import type { newReading } from '../../../src/log/pages.js';
import { limit, put } from '../places.js';
import { sabotage, type Rules } from './sabotage.js';

/** How the log is read, and what a watch makes of it. */
export const LOG: Rules = {
  'Which end is the newest': [
    sabotage(
      'every log has its newest entry first',
      'as-if-nothing-had-been',
      'one node, many entries, the oldest first',
      0,
      put<(items: readonly Activity[]) => boolean>('log/pages', 'fallsAllTheWay', () => true),
    ),
  ],
  'To the end': [
    sabotage(
      'a log that lacks entries counts as whole',
      'row-of-older-entry',
      'one node, sorted by time, no date',
      1,
      put<typeof newReading>('log/pages', 'newReading', (original, ...args) =>
        Object.defineProperty(original(...args), 'leastTotal', {
          get: () => 0,
          set() {
            // It stays.
          },
        }),
      ),
    ),
  ],
  '`--watch`': [
    sabotage(
      'a watch ends at its first read',
      'watch-ends-too-soon',
      'a watch of three nodes',
      1,
      limit('job/watch', 'SHORTEST', 0),
    ),
    sabotage(
      'a watch does not wait for a late entry below the newest',
      'due-watch',
      'a watch of three nodes that take 5 s',
      1,
      put<(watch: { newestId: bigint }, entry: never) => boolean>(
        'job/watch',
        'isAwaited',
        (original, watch, entry) => original({ ...watch, newestId: -1n }, entry),
      ),
    ),
    sabotage(
      'a watch ends over an open entry',
      'due-watch',
      'a watch of three nodes',
      1,
      put<(watch: never) => never[]>('job/watch', 'openOf', () => []),
    ),
    sabotage(
      'a watch shows only what it lists at first',
      'watch-hides',
      'a watch of three nodes',
      1,
      put<typeof createWatch>('job/watch', 'createWatch', (original, plan, start, now) => {
        const job = original(plan, start, now);
        const entries = [...start.first];
        return { ...job, result: () => ({ ...job.result(), entries }) };
      }),
    ),
    sabotage(
      'a watch forgets a rejection',
      'watch-loses-rejection',
      'a watch of three nodes',
      1,
      put<typeof createWatch>('job/watch', 'createWatch', (original, ...args) => {
        const job = original(...args);
        return { ...job, result: () => ({ ...job.result(), anyRejected: false }) };
      }),
    ),
  ],
};
