import type { KeptRun } from '../../../src/base/journal.js';
import type { Run, RunPlan } from '../../../src/job/run-state.js';
import { put, type Change } from '../places.js';

/** One rule of the job, broken on purpose: the model has to find it. */
export interface Sabotage {
  name: string;
  /** The one setting that is meant to find it. */
  setting: string;
  /** How many faults that takes. */
  faults: number;
  changes: readonly Change[];
}

/** By the name of the rule in docs/rules.md. */
export type Rules = Readonly<Record<string, readonly Sabotage[]>>;

export const sabotage = (
  name: string,
  setting: string,
  faults: number,
  ...changes: Change[]
): Sabotage => ({ name, setting, faults, changes });

/** The plan of a run is another. */
export const plan = (change: (plan: RunPlan) => Partial<RunPlan>): Change =>
  put<[RunPlan, KeptRun | null, number], Run>(
    'job/run',
    'createRun',
    (original, asked, kept, now) => original({ ...asked, ...change(asked) }, kept, now),
  );
