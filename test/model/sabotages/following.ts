import type { waitJob } from '../../../src/job/run/run.js';
import { put } from '../places.js';
import { sabotage, type Sabotage, type SettlesAtOf } from './sabotage.js';

/** What a wait for ids follows. */
export const FOLLOWING: readonly Sabotage[] = [
  sabotage(
    'a wait follows the first id only',
    'due-log',
    'a wait for two entries',
    1,
    put<typeof waitJob>('job/run/run', 'waitJob', (original, asked, now) => {
      const { wanted } = asked;
      const less = 'ids' in wanted ? { ids: wanted.ids.slice(0, 1) } : wanted;
      return original({ ...asked, wanted: less }, now);
    }),
  ),
  sabotage(
    'a wait for ids looks once',
    'as-if-nothing-had-been',
    'a wait for two entries that come within a second',
    0,
    put<SettlesAtOf>('job/run/following', 'settlesAtOf', (original, run, state) =>
      'ids' in run.entries ? state.acceptedAt : original(run, state),
    ),
  ),
  sabotage(
    'an id that is not there is waited for as a node is',
    'missing-too-late',
    'a wait for two entries',
    1,
    put<SettlesAtOf>('job/run/following', 'settlesAtOf', (original, run, state) =>
      run.entries.hasEnough() ? original(run, state) : state.acceptedAt + run.plan.appearTimeoutMs,
    ),
  ),
];
