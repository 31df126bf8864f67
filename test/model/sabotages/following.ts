import type { waitJob } from '../../../src/job/index.js';
import { put } from '../places.js';
import { sabotage, type Sabotage, type SettlesAtOf } from './sabotage.js';

/** What a wait for ids follows. */
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
    'a wait for ids looks once',
    'as-if-nothing-had-been',
    'a wait for two entries that come within a second',
    0,
    put<SettlesAtOf>('job/run-end', 'settlesAtOf', (original, run, at, is) =>
      'ids' in run.entries.wanted ? at : original(run, at, is),
    ),
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
];
