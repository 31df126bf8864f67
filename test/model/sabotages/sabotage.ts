import type { Clause } from '../judge/clauses.js';
import type { createRun, waitJob } from '../../../src/job/run/run.js';
import type { In, Run, RunPlan } from '../../../src/job/run/state.js';
import { put, type Change } from '../places.js';

/** One rule of the job, broken on purpose: the model has to find it. */
export interface Sabotage {
  name: string;
  /** What the judge accuses it of. */
  clause: Clause;
  /** The one setting that is meant to find it. */
  setting: string;
  /** How many faults that takes. */
  faults: number;
  changes: readonly Change[];
}

/** Of job/run/following. */
export type SettlesAtOf = (run: Run, state: In<'following'>) => number;

/** By the name of the rule in docs/rules.md. */
export type Rules = Readonly<Record<string, readonly Sabotage[]>>;

export const sabotage = (
  name: string,
  clause: Clause,
  setting: string,
  faults: number,
  ...changes: Change[]
): Sabotage => ({ name, clause, setting, faults, changes });

/** A wait does not know how many nodes Core counts. */
export const waitsWithoutCore: Change = put<typeof waitJob>(
  'job/run/run',
  'waitJob',
  (original, asked, now) => original({ ...asked, coreCount: undefined }, now),
);

/** A run is asked for something else. */
export const plan = <K extends keyof RunPlan>(
  name: K,
  change: (plan: RunPlan) => RunPlan[K],
): Change =>
  put<typeof createRun>('job/run/run', 'createRun', (original, asked, ...rest) =>
    original({ ...asked, [name]: change(asked) }, ...rest),
  );
