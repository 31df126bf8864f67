import { type Id } from '../../../src/base/ids.js';
import { type SandboxOptions } from '../sandbox.js';
import { nodeIds } from '../sandbox.js';
import { type TriggerTraits } from '../scenario.js';
import { type FaultKind } from './plan.js';

/** What is triggered on which server, before any fault. Times are ms. */
export interface Setting {
  kind: TriggerTraits['kind'];
  nodes: readonly [Id, ...Id[]];
  /** The nodes it is to reach. */
  targets: readonly Id[];
  /** Entries of another action that the log got on the first node right before: they push what the others left out of sight. */
  busyEntries: number;
  idempotency: NonNullable<SandboxOptions['idempotency']>;
  /** How long a late request takes to reach the server. */
  lateRequestMs: number;
  lateEntryMs: number;
  /** How many runs with the same key begin at once. */
  runs: 1 | 2;
  /** Faults that no client can do anything about here, or that can make no difference. */
  without: readonly FaultKind[];
  /** How many faults at the most. */
  mostFaults: number;
  /** How many of the reads that a run makes in a row, before a POST or after one, meet faults. */
  reads: number;
}

const [first = 1n, ...rest] = nodeIds(2);
const nodes = [first, ...rest] as const;

const PLAIN: Setting = {
  ...{ kind: 'named', nodes, targets: nodes, busyEntries: 0, idempotency: 'path-and-body', runs: 1 },
  ...{ lateRequestMs: 4000, lateEntryMs: 12_000 },
  // To a single run it is what `sleep` is, by a clock that goes on.
  without: ['stopped'],
  // By the third read after a 202 it is too late for somebody else's entry to be taken for one's own.
  ...{ mostFaults: 3, reads: 3 },
};

export const SETTINGS = {
  named: PLAIN,
  'every-node': { ...PLAIN, kind: 'observed' },
  'expect-nodes': { ...PLAIN, kind: 'expected' },
  /** A look after 5 s must see what there is to see: only the log says what became of a lost request. */
  'no-keys': {
    ...PLAIN,
    idempotency: 'off',
    lateRequestMs: 1000,
    lateEntryMs: 3000,
    without: ['stopped', 'entry-never'],
  },
  /** The newest hundred entries name one node of two. */
  'busy-log': { ...PLAIN, kind: 'observed', busyEntries: 101, mostFaults: 2, reads: 1 },
  'two-runs': { ...PLAIN, runs: 2, without: [], reads: 1 },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
