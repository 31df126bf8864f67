import { fromRecords, lookForBusy } from '../../src/app/jobs.js';
import type { Interrupted, LdctlError } from '../../src/base/errors.js';
import type { GateResult } from '../../src/base/outcome.js';
import type { KeptRun, RunJournal } from '../../src/base/journal.js';
import { listedIn, type Listed } from '../../src/job/census.js';
import { perform, type DriveTools } from '../../src/job/drive.js';
import type { JobEvent } from '../../src/job/events.js';
import { rollJob } from '../../src/job/roll/roll.js';
import { runJob, waitJob } from '../../src/job/run/run.js';
import type { StepName, Job, JobEnd, Step, StepOf } from '../../src/job/job.js';
import { foreignLog } from '../../src/log/foreign.js';
import type { ActivityLog } from '../../src/log/log.js';
import type { WaitPlan } from '../../src/job/run/state.js';
import { createWatch, type WatchResult } from '../../src/job/watch.js';
import { wireKey } from '../../src/job/wire-key.js';
import { ALL, id, isKept, nodesOf, SECOND, windowOf, type Setting } from './setting.js';
import { DEPLOYMENT, TENANT } from './world.js';

/*
 * All that the model knows of how a job is asked and told. Whoever changes `Job` changes this file.
 */

/** Between the end of a node and what comes next in a roll. */
export const PAUSE = 500;
export const TIMEOUT = 60 * SECOND;
export const APPEAR = 30 * SECOND;
const GATE_TIMEOUT = 20 * SECOND;

/** What a job does next: it has ended, waits until then, or acts. */
export type Want = 'end' | 'act' | { until: number };

/** What the gates of a roll are told. */
export interface GateTools {
  start: (step: StepOf<'gate'>) => void;
}

/** A job, as one process runs it: what `steps` in job/drive.ts does, one turn at a time. */
export class Runner {
  #step: Step = { do: 'end' };

  constructor(private readonly job: Job<JobEnd | WatchResult>) {}

  want(now: number): Want {
    this.job.tick(now);
    this.#step = this.job.next(now);
    if (this.#step.do === 'wait') return { until: this.#step.until };
    return this.#step.do === 'end' ? 'end' : 'act';
  }

  /** Whether its record is written and its POST is next: that one is not held up. */
  get isPosting(): boolean {
    return this.#step.do === 'post';
  }

  get isReading(): boolean {
    return this.#step.do === 'read';
  }

  /**
   * Does what is next, by drive's own `perform`.
   * @param isDead whether its process was killed meanwhile
   * @returns the pair of step and fact
   */
  async act(
    tools: DriveTools,
    gates: GateTools,
    now: () => number,
    isDead: () => boolean,
  ): Promise<string> {
    const step = this.#step;
    if (step.do === 'wait' || step.do === 'end') throw new Error('there is nothing to do');
    const fact = await perform(step, tools, gates);
    if (isDead()) return '';
    if (!fact) {
      this.job.interrupt(tools.signal.reason as Interrupted, now());
      return pairOf(step, 'interrupted');
    }
    this.job.take(step, fact, now());
    return pairOf(step, fact.is);
  }

  interrupt(reason: Interrupted, now: number): string {
    this.job.interrupt(reason, now);
    return 'wait → interrupted';
  }

  /** Core has counted the nodes, after the job had started. */
  counted(core: number | null, now: number): string {
    this.job.counted?.(core, now);
    return 'wait → counted';
  }

  /** The first Ctrl-C of a roll. */
  ease(reason: Interrupted): string {
    this.job.windDown?.(reason);
    return 'wait → first Ctrl-C';
  }

  gated(node: bigint, gate: GateResult, now: number): string {
    this.job.gateEnded?.(node, gate, now);
    return 'wait → gate ended';
  }

  events(): JobEvent[] {
    return this.job.events();
  }

  /** @throws LdctlError nothing was sent */
  result(): Ended {
    const result = this.job.result();
    if ('exitCode' in result) return { run: result, watch: null };
    return { run: null, watch: result };
  }
}

/** How a job ended that has a result. */
export type Ended =
  | { run: JobEnd; watch: null }
  | { run: null; watch: WatchResult & { error: LdctlError | null } };

/** What a job starts with. */
type Start = Pick<DriveTools, 'journal' | 'log' | 'clock' | 'signal' | 'stopping'> & {
  apiKey: string;
  /** Whether another has run before. */
  isLater: boolean;
  now: () => number;
};

/**
 * Runs a setting, by the real `fromRecords`.
 * @param toItsEnd is given each job that it starts, and waits for its end
 * @throws LdctlError nothing was sent
 */
export function run(
  setting: Setting,
  tools: Start,
  toItsEnd: (runner: Runner) => Promise<void>,
): Promise<Ended> {
  const recall = (): Kept => keptOf(setting, tools.journal);
  const play = async (job: Job<JobEnd | WatchResult>): Promise<Ended> => {
    const runner = new Runner(job);
    await toItsEnd(runner);
    return runner.result();
  };
  const { use } = setting;
  if (use.is !== 'roll') {
    return fromRecords(recall, tools, async (kept) => play(await jobOf(setting, use, tools, kept)));
  }
  const roll = (known: Known): Promise<Ended> => play(rollOf(setting, use, tools, recall(), known));
  return fromRecords(
    recall,
    tools,
    async (kept) => roll(await lookFirst(setting, use, tools, kept)),
    (failure) => roll({ failure }),
  );
}

type Kept = ReadonlyArray<KeptRun | null>;

async function jobOf(
  setting: Setting,
  use: Exclude<Setting['use'], { is: 'roll' }>,
  start: Start,
  kept: Kept,
): Promise<Job<JobEnd | WatchResult>> {
  switch (use.is) {
    case 'watch': {
      const { entries: known } = await start.log.newest();
      const plan = { filter: {}, timeoutMs: TIMEOUT };
      return createWatch(plan, { known, first: known }, start.now());
    }
    case 'wait':
      return waitJob(waitPlan(setting, use), start.now());
    case 'run': {
      const listed = await listedFor(setting, start.log);
      const counts = { isCounting: setting.coreTakes > 0, listed };
      const { nodes, expect, isAgreed, wait = true } = use;
      const agreed = isAgreed && { nodes: ALL, most: ALL.length };
      const plan = {
        nodes: nodes ?? undefined,
        expect,
        agreed,
        ...sharedPlan(setting, start, kept),
      };
      return runJob({ wait, ...plan, ...counts }, kept[0] ?? null, start.now());
    }
  }
}

const limitsOf = ({ hasTenant }: Setting) => ({
  deploymentId: DEPLOYMENT,
  profile: null,
  tenant: hasTenant ? { tenantId: TENANT, origin: 'a profile' } : null,
  timeoutMs: TIMEOUT,
  appearTimeoutMs: APPEAR,
});

function waitPlan(setting: Setting, use: Setting['use'] & { is: 'wait' }): WaitPlan {
  const wanted =
    'ids' in use
      ? { ids: use.ids }
      : { ...RESTART, nodes: use.nodes ?? undefined, expect: use.expect };
  return { wanted, after: AFTER, coreCount: setting.core ?? undefined, ...limitsOf(setting) };
}

const RESTART = { runtime: 'iggy', action: 'restart' } as const;

/** What a run and a roll have in common. */
function sharedPlan(setting: Setting, { apiKey }: Pick<Start, 'apiKey'>, kept: Kept) {
  const { core, coreTakes, ifBusy } = setting;
  return {
    ...RESTART,
    idempotencyKey: 'key',
    keepsKey: isKept(setting),
    ifBusy,
    apiKeyHash: apiKey === 'A' ? '0f1e2d3c' : '4b5a6978',
    // A record says what its run knew.
    coreCount: kept[0] || coreTakes > 0 ? null : core,
    ...limitsOf(setting),
  };
}

type RollUse = Setting['use'] & { is: 'roll' };
/** What was found out before a roll starts. */
type Known = Pick<Parameters<typeof rollJob>[0], 'spentMs' | 'failure'>;

function rollOf(setting: Setting, use: RollUse, start: Start, kept: Kept, known: Known): Job {
  const { nodes, timeoutMs = Infinity } = use;
  const how = {
    maxUnavailable: windowOf(use, start.isLater),
    pauseMs: PAUSE,
    gated: use.gated ?? false,
    gateTimeoutMs: GATE_TIMEOUT,
    nodes,
  };
  const shared = sharedPlan(setting, start, kept);
  const plan = { nodeTimeoutMs: TIMEOUT, ...shared, ...how, timeoutMs };
  return rollJob({ ...plan, ...known }, kept, start.now());
}

function lookFirst(
  setting: Setting,
  { nodes }: RollUse,
  { log, clock, signal }: Start,
  kept: Kept,
): ReturnType<typeof lookForBusy> {
  const { tenant, deploymentId } = limitsOf(setting);
  const surveyor = { deploymentId, log, clock, tenant, counter: null };
  const request = { runtime: RESTART.runtime, nodes, ifBusy: setting.ifBusy };
  return lookForBusy(surveyor, request, kept, signal);
}

/** The nodes that were looked for before it starts. */
async function listedFor({ looks }: Setting, log: ActivityLog): Promise<Listed | undefined> {
  if (looks === null) return undefined;
  const { entries } = await log.newest();
  const problem = foreignLog(entries, DEPLOYMENT, null);
  if (problem) throw problem;
  return listedIn(entries.slice(0, looks), 'iggy', false);
}

/** What earlier processes have left: of each node of a roll, or of a run. */
function keptOf(setting: Setting, journal: RunJournal | null): Kept {
  if (!isKept(setting)) return [];
  const nodes = nodesOf(setting);
  const keys =
    setting.use.is === 'roll' ? (nodes ?? []).map((node) => keyOf([node])) : [keyOf(nodes)];
  return keys.map((key) => journal?.read(key) ?? null);
}

/** `wait --after` follows what came after it. */
export const AFTER = id(9);

const keys = new Map<string, string>();

/** The key on the wire. */
export function keyOf(nodes: readonly bigint[] | null): string {
  const mark = String(nodes);
  const known = keys.get(mark);
  if (known !== undefined) return known;
  const trigger = { deploymentId: DEPLOYMENT, runtime: 'iggy', action: 'restart' } as const;
  const key = wireKey('key', { ...trigger, nodes: nodes ?? undefined });
  keys.set(mark, key);
  return key;
}

/** What is sent elsewhere in a setting: what a wait follows, or a use of the key before. */
export const nodesElsewhere = (setting: Setting): readonly bigint[] | null =>
  setting.use.is === 'wait' || setting.use.is === 'watch' ? ALL : nodesOf(setting);

/** What a pair of step and fact is called: each must have been played. */
function pairOf(step: StepOf<StepName>, fact: string): string {
  if (step.do === 'note') return `note ${step.mark} → ${fact}`;
  if (step.do !== 'read') return `${step.do} → ${fact}`;
  return `read ${typeof step.downTo === 'bigint' ? 'down to an id' : step.downTo} → ${fact}`;
}

/** Every pair that can be. */
export const PAIRS: readonly string[] = [
  ...['accepted', 'refused', 'rejected', 'unconfirmed', 'passed', 'paused'].flatMap((state) =>
    ['done', 'unwritten'].map((fact) => `note ${state} → ${fact}`),
  ),
  ...['recorded', 'found', 'unwritten'].map((fact) => `record → ${fact}`),
  ...['answered', 'interrupted'].map((fact) => `post → ${fact}`),
  ...['newest', 'forNodes', 'down to an id'].flatMap((how) =>
    ['read', 'unreadable', 'interrupted'].map((fact) => `read ${how} → ${fact}`),
  ),
  'gate → done',
  ...['gate ended', 'first Ctrl-C', 'counted', 'interrupted'].map((fact) => `wait → ${fact}`),
];
