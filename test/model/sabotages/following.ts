import type { Activity } from '../../../src/base/activity.js';
import type { waitJob } from '../../../src/job/index.js';
import type { createWatch } from '../../../src/job/watch.js';
import type { newReading } from '../../../src/log/pages.js';
import { limit, put } from '../places.js';
import { sabotage, type Sabotage, type SettlesAtOf } from './sabotage.js';

/** What is followed without sending, and the log itself. */
export const FOLLOWING: readonly Sabotage[] = [
  sabotage(
    'a wait follows the first id only',
    'due-log',
    'a wait for two entries',
    1,
    put<typeof waitJob>('job/index', 'waitJob', (original, asked, now) => {
      const { wanted } = asked;
      const less = 'ids' in wanted ? { ids: wanted.ids.slice(0, 1) } : wanted;
      return original({ ...asked, wanted: less }, now);
    }),
  ),
  sabotage(
    'a watch ends at its first read',
    'watch-ends-too-soon',
    'a watch of three nodes',
    1,
    limit('job/watch', 'SHORTEST', 0),
  ),
  sabotage(
    'a wait for ids looks once',
    'as-if-nothing-had-been',
    'a wait for two entries that come within a second',
    0,
    put<SettlesAtOf>('job/run-end', 'settlesAtOf', (original, run, at, is) =>
      'ids' in run.entries.wanted ? at : original(run, at, is),
    ),
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
    'an id that is not there is waited for as a node is',
    'missing-too-late',
    'a wait for two entries',
    1,
    put<SettlesAtOf>('job/run-end', 'settlesAtOf', (original, run, at, is) =>
      is.hasEnough ? original(run, at, is) : at + run.plan.appearMs,
    ),
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
  sabotage(
    'a log that lacks entries is taken for whole',
    'row-of-older-entry',
    'one node, sorted by time, no date',
    1,
    put<typeof newReading>('log/pages', 'newReading', (original, ...args) => ({
      ...original(...args),
      leastTotal: 0,
    })),
  ),
  sabotage(
    'every log has its newest entry first',
    'as-if-nothing-had-been',
    'one node, many entries, the oldest first',
    0,
    put<(items: readonly Activity[]) => boolean>('log/pages', 'fallsAllTheWay', () => true),
  ),
];
