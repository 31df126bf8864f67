import type { Activity } from '../../src/base/activity.js';
import type { HowOfRoll, HowOfTrigger, Order } from '../../src/app/order.js';
import type { Findings } from '../../src/app/survey.js';

const HOW = { timeoutMs: 0, appearTimeoutMs: 0, ifBusy: 'ignore' } as const;

export const TRIGGER: HowOfTrigger = { ...HOW, is: 'trigger', wait: true };
export const ROLL: HowOfRoll = {
  ...HOW,
  is: 'roll',
  gate: null,
  maxUnavailable: 1,
  pauseMs: 0,
  gateTimeoutMs: 0,
  nodeTimeoutMs: 0,
};

/** A restart of iggy on every node, all at once, with what is not so. */
export const orderWith = (
  parts: Partial<Omit<Order, 'deployment'>> = {},
): Omit<Order, 'deployment'> => ({
  runtime: 'iggy',
  action: 'restart',
  whom: { by: 'all', expect: undefined },
  how: TRIGGER,
  isChosen: false,
  found: null,
  sentBefore: [],
  agreed: null,
  ...parts,
});

/** An entry of iggy, made at the epoch. */
export const entryWith = (
  parts: Pick<Activity, 'node_id' | 'action' | 'status'>,
): Findings['busy'][number] => ({
  ...{ id: 1n, tenant_id: 1n, division_id: 1n, environment_id: 1n, deployment_id: 1n },
  ...{ runtime: 'iggy', created_at: '1970-01-01T00:00:00Z', author_id: 1n },
  ...parts,
});

/** The log lists these, and was read for them to its end. */
export const foundWith = (
  listed: { here?: readonly bigint[]; elsewhere?: readonly bigint[] },
  parts: Partial<Findings> = {},
): Findings => ({
  listed: { here: [], elsewhere: [], isWhole: true, ...listed },
  entries: [],
  coreCount: null,
  countAgain: null,
  expect: undefined,
  busy: [],
  serverTime: null,
  spentMs: 0,
  ...parts,
});
