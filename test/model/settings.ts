import type * as JobModule from '../../src/job/index.js';
import type { Job } from '../../src/job/job.js';
import type { KeptRun } from '../../src/base/journal.js';
import { PAUSE, type MakeJob, type Setting } from './play.js';
import { ALL, SECOND, type MemoryJournal, type World } from './world.js';

export const SETTINGS: readonly Setting[] = [
  { name: 'named nodes', nodes: [1n, 2n], honours: true },
  { name: 'named nodes, keys ignored', nodes: [1n, 2n], honours: false },
  { name: 'one node', nodes: [1n], honours: true },
  { name: 'a log that shows late', nodes: [2n], honours: true, lateBy: 12 * SECOND },
  { name: 'a log that shows late, keys ignored', nodes: [2n], honours: false, lateBy: 12 * SECOND },
  {
    name: 'late, and in progress at first',
    nodes: [2n],
    honours: true,
    lateBy: 12 * SECOND,
    first: 'in progress',
  },
  { name: 'every node', nodes: null, honours: true },
  { name: 'every node, an empty log', nodes: null, honours: true, empty: true },
  { name: 'a count', nodes: null, expect: 3, honours: true },
  {
    name: 'a replay without a record',
    nodes: [1n, 2n],
    honours: true,
    before: true,
    lateBy: 7 * SECOND,
  },
  { name: 'a replay that the log shows already', nodes: [1n], honours: true, before: true },
  { name: 'a key, killed and run again', nodes: [1n, 2n], honours: true, keyed: true, kills: true },
  { name: 'one node, killed and run again', nodes: [1n], honours: true, keyed: true, kills: true },
  { name: 'a key, killed, keys ignored', nodes: [2n], honours: false, keyed: true, kills: true },
  { name: 'two processes with one key', nodes: [2n], honours: true, keyed: true, processes: 2 },
  { name: 'two processes, keys ignored', nodes: [2n], honours: false, keyed: true, processes: 2 },
  {
    name: 'two, the first POST lost',
    nodes: [2n],
    honours: false,
    keyed: true,
    processes: 2,
    first: 'lost before',
  },
  {
    name: 'three, the first one held up',
    nodes: [2n],
    honours: true,
    keyed: true,
    processes: 3,
    first: '429',
  },
  {
    name: 'three, keys ignored',
    nodes: [2n],
    honours: false,
    keyed: true,
    processes: 3,
    first: '429',
  },
  {
    name: 'a roll over nodes with older entries',
    nodes: [2n, 1n],
    honours: true,
    roll: { window: 2, gated: false },
  },
  { name: 'a roll', nodes: ALL, honours: true, roll: { window: 1, gated: false } },
  // Without a kill: by twos, with a gate.
  {
    name: 'a roll, killed and run again',
    nodes: ALL,
    honours: true,
    kills: true,
    roll: { window: 2, gated: true },
  },
];

/** Makes the jobs of a setting by this module: the real one, or one with a sabotage. */
export function makerOf({
  runJob,
  rollJob,
}: Pick<typeof JobModule, 'runJob' | 'rollJob'>): MakeJob {
  return (setting: Setting, world: World, journal: MemoryJournal): Job => {
    const shared = {
      deploymentId: 7n,
      runtime: 'iggy' as const,
      action: { verb: 'restart' as const },
      idempotencyKey: 'key',
      kept: setting.keyed === true || setting.before === true || setting.roll !== undefined,
      apiKey: '0f1e2d3c',
      ifBusy: 'ignore' as const,
      tenant: null,
      timeoutMs: 60 * SECOND,
      appearMs: 30 * SECOND,
    };
    const text = (): string => 'ldctl';
    if (!setting.roll) {
      const counts = { listed: null, core: null };
      const plan = {
        ...shared,
        ...counts,
        nodes: setting.nodes,
        expect: setting.expect ?? null,
        wait: true,
      };
      const kept = setting.keyed ? journal.read(keyOf(plan.nodes, runJob)) : null;
      return runJob(plan, kept, world.now, text);
    }
    const { window, gated } = setting.roll;
    const kept = new Map<bigint, KeptRun>();
    const nodes = setting.nodes ?? ALL;
    for (const node of nodes) {
      const record = journal.read(keyOf([node], runJob));
      if (record) kept.set(node, record);
    }
    const how = {
      maxUnavailable: window,
      pauseMs: PAUSE,
      gated,
      gateTimeoutMs: 20 * SECOND,
      continueOnError: false,
    };
    const plan = { ...shared, ...how, nodes, timeoutMs: Infinity, nodeTimeoutMs: 60 * SECOND };
    return rollJob(plan, kept, world.now, text);
  };
}

const keys = new Map<string, string>();

/** The key on the wire, found by asking a job for its POST. */
function keyOf(nodes: readonly bigint[] | null, runJob: (typeof JobModule)['runJob']): string {
  const mark = String(nodes);
  const known = keys.get(mark);
  if (known !== undefined) return known;
  const plan = {
    deploymentId: 7n,
    runtime: 'iggy' as const,
    action: { verb: 'restart' as const },
    idempotencyKey: 'key',
    kept: false,
  };
  const limits = {
    ifBusy: 'ignore' as const,
    tenant: null,
    timeoutMs: Infinity,
    appearMs: 1,
    expect: null,
    listed: null,
    core: null,
    apiKey: '',
    wait: true,
  };
  const job = runJob({ ...plan, ...limits, nodes }, null, 0, () => '');
  for (;;) {
    const step = job.next(0);
    if (step.do === 'post') {
      keys.set(mark, step.request.wireKey);
      return step.request.wireKey;
    }
    if (step.do === 'record') job.take(step, { is: 'recorded', generation: 0, at: 0 }, 0);
    if (step.do !== 'read') continue;
    const read = { entries: [], startedAt: 0, serverTime: null, requests: 1, isWhole: true };
    job.take(step, { is: 'read', read }, 0);
  }
}
