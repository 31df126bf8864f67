/*
 * A roll over several deployments: a part for each, one after the other and under one key. The next
 * starts only once the one before has completed.
 */

import { elapsedText, formatDuration } from '../../base/durations.js';
import { LdctlError, usageError, withHint, type Interrupted } from '../../base/errors.js';
import { EXIT_CODES, type ExitCode, type ExitName } from '../../base/exit-codes.js';
import type { Id } from '../../base/ids.js';
import { NOT_STARTED, OUTCOMES, unsentFacts, type Outcome } from '../../base/outcome.js';
import { shellWord } from '../../base/text.js';
import { keptRun, type LookRequest } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import { surveyInTime } from '../../app/survey.js';
import { nodesOf } from '../../job/census.js';
import {
  isOver,
  printPartEnding,
  printSeveral,
  type PartEnding,
  type SeveralEnding,
} from '../../output/several-result.js';
import { isNamed } from '../consent.js';
import type { CommandContext } from '../context.js';
import { followJob, reportToRunner } from '../following.js';
import { typedAgain, type Host } from '../host.js';
import { runPart, type AgreedPart } from './part.js';
import { recordPart, resumeText, type SeveralPlan } from './record.js';

/** The flags by which a later command acts on the same deployments, in this order. */
export function flagsOfAll(owns: readonly OpenDeployment[]): string[] {
  const [first = [], ...others] = owns.map(({ flags }) => flags);
  if (others.length === 0) return [...first];
  const list = first.includes('--deployment') ? '--deployment' : '--profile';
  return first.flatMap((flag, at) => {
    // Each supervisor is looked up again.
    if (at % 2 !== 0 || flag === '--supervisor-url') return [];
    const values = owns.map((own) => own.flags[own.flags.indexOf(flag) + 1] ?? '');
    if (flag === list) return [flag, values.join()];
    // What not all of them have, such as the default of one for Core, is not for the others.
    return new Set(values).size === 1 ? [flag, ...new Set(values)] : [];
  });
}

/**
 * Where nodes are named: of each of several deployments those that its log lists.
 * @throws UsageError for a node that none or two list, and for a deployment without a node; as
 * `surveyInTime` does
 */
export async function assignNodes(
  { signal }: CommandContext,
  owns: readonly OpenDeployment[],
  { nodes, ...request }: LookRequest,
): Promise<ReadonlyMap<Id, readonly Id[]>> {
  if (!nodes || owns.length === 1) return new Map();
  const look = { ...request, nodes, ifBusy: 'ignore' } as const;
  const listed = await Promise.all(
    owns.map(async (own) => {
      const { entries } = await surveyInTime(own, look, signal).catch(nameDeployment(own));
      return { own, listed: nodesOf(entries) };
    }),
  );
  const refuse = (what: string) =>
    usageError(
      'node_unknown',
      `${what}; nothing was sent`,
      '`ldctl nodes list` shows the nodes of each.',
    );
  for (const node of nodes) {
    const { length } = listed.filter((one) => one.listed.includes(node));
    if (length === 0) throw refuse(`no log of these deployments lists node ${node}`);
    if (length > 1) throw refuse(`the logs of ${length} of these deployments list node ${node}`);
  }
  const each = new Map<Id, readonly Id[]>();
  for (const one of listed) {
    const own = nodes.filter((node) => one.listed.includes(node));
    if (own.length === 0) throw refuse(`none of the nodes is of ${await one.own.place()}`);
    each.set(one.own.deploymentId, own);
  }
  return each;
}

/** Lets a failure say which of several deployments it is about. */
export const nameDeployment =
  (own: OpenDeployment | undefined) =>
  async (error: unknown): Promise<never> => {
    if (!own || !(error instanceof LdctlError) || SAYS_ENOUGH.includes(error.exit)) throw error;
    throw withHint(error, error.hint, `${await own.place()}: ${error.message}`);
  };

/** An interrupt, or a no, is about all of them. */
const SAYS_ENOUGH: readonly ExitName[] = ['usage', 'sigint', 'sigterm', 'sighup'];

type Parts = readonly [AgreedPart, ...AgreedPart[]];
interface Plan extends SeveralPlan {
  /** Of the whole; 0 for no limit. */
  timeoutMs: number;
  /** The names of `--confirm`. */
  confirm: readonly string[];
}

/**
 * Runs them in their order, and prints how that ended.
 * @returns the exit code @throws LdctlError where nothing was sent
 */
export async function rollSeveral(
  context: CommandContext,
  parts: Parts,
  plan: Plan,
): Promise<ExitCode> {
  const { host, signal } = context;
  const { output, clock } = host;
  // Read before the first POST: what fails later would hide the result.
  const ends: PartEnding[] = [];
  for (const part of parts) ends.push(await unstarted(part));
  const begun = parts.filter((_, at) =>
    ends[at]?.result.nodes.some(({ status }) => status !== NOT_STARTED),
  );
  const endRecords = recordAll(context, parts, plan);
  const stopping = context.interrupts.inTwoStages();
  const deadline = clock.elapsed() + (plan.timeoutMs || Infinity);
  const run = { context, count: parts.length, plan, begun, stopping, deadline };
  await runInOrder(run, parts, ends).catch((error: unknown) => {
    const isNothingSent = ends[0]?.result.outcome === NOT_STARTED;
    if (isNothingSent) for (const endRecord of endRecords) endRecord('refused');
    throw error;
  });
  const outcome = outcomeOf(ends, stopping.aborted || signal.aborted);
  const next = nextOf(host, ends, parts, plan);
  for (const [at, { result, place }] of ends.entries()) {
    const isOpen = result.outcome === NOT_STARTED || result.resume !== null;
    if (!isOpen || next.resume === null) endRecords[at]?.('finished');
    const resume = result.resume && next.resume;
    await reportToRunner(host, { ...result, resume }, place);
  }
  await printSeveral(output, { outcome, parts: ends, ...next });
  if (outcome !== 'interrupted') return EXIT_CODES[OUTCOMES[outcome]].code;
  return ((signal.aborted ? signal : stopping).reason as Interrupted).exitCode;
}

/** Until one does not complete. @param ends get how each ended @throws as `endOf` */
async function runInOrder(run: SeveralRun, parts: Parts, ends: PartEnding[]) {
  for (const [at, part] of parts.entries()) {
    if (at > 0 && !(await pauseBefore(run, part))) return;
    const end = (ends[at] = await endOf(run, part, at, ends[at]));
    printPartEnding(run.context.host.output, end);
    if (end.result.outcome !== 'completed') return;
  }
}

/** Before the first POST, so that none of them is forgotten. @throws UsageError as `recordPart` */
function recordAll(
  context: CommandContext,
  parts: Parts,
  { timeoutMs, confirm, ...several }: Plan,
) {
  const made: Array<ReturnType<typeof recordPart>> = [];
  try {
    for (const part of parts) made.push(recordPart(context, part, several));
    return made;
  } catch (error) {
    for (const endRecord of made) endRecord('refused');
    throw error;
  }
}

interface SeveralRun {
  context: CommandContext;
  /** How many deployments there are. */
  count: number;
  plan: Plan;
  /** To which something was sent earlier. */
  begun: readonly AgreedPart[];
  /** The first Ctrl-C: nothing more is started. */
  stopping: AbortSignal;
  /** On the monotonic clock, ms. */
  deadline: number;
}

/**
 * Waits before a deployment, unless something was sent to it earlier.
 * @returns false where nothing more is started: at an interrupt, or once the time is up
 */
async function pauseBefore(
  { context, plan, begun, stopping, deadline }: SeveralRun,
  part: AgreedPart,
): Promise<boolean> {
  const { clock } = context.host;
  const ms = Math.min(plan.pauseBetweenMs, deadline - clock.elapsed());
  const ending = AbortSignal.any([stopping, context.signal]);
  if (ms > 0 && !begun.includes(part)) {
    const place = await part.own.place();
    context.say(`Waiting ${formatDuration(ms)} before ${place}. Ctrl-C ends the roll here`);
    const until = clock.elapsed() + ms;
    const left = () => `${elapsedText(until - clock.elapsed())} until ${place}`;
    // CI systems kill a step that is silent for long.
    const stop = clock.every(30_000, () => context.say(left()));
    await context
      .during(`Waiting for ${place}`, () => clock.sleep(ms, ending))
      .catch(() => undefined)
      .finally(stop);
  }
  return !ending.aborted && clock.elapsed() < deadline;
}

/**
 * @param before as it is if it cannot start
 * @throws LdctlError where the first cannot start: nothing was sent
 */
function endOf(
  run: SeveralRun,
  part: AgreedPart,
  at: number,
  before?: PartEnding,
): Promise<PartEnding> {
  const ending = follow(run, part, at);
  if (at === 0 || !before) return ending;
  return ending.catch(nameDeployment(part.own)).catch((error: unknown) => {
    if (error instanceof LdctlError) return { ...before, error };
    throw error;
  });
}

/** @throws LdctlError where it cannot start */
async function follow(
  { context, count, plan, stopping, deadline }: SeveralRun,
  part: AgreedPart,
  at: number,
): Promise<PartEnding> {
  const { own, whom, found } = part;
  const number = `${whom.number ?? whom.who} (deployment ${at + 1} of ${count})`;
  const leftMs = deadline - context.host.clock.elapsed();
  const request = { ...part.request, timeoutMs: leftMs === Infinity ? 0 : Math.max(leftMs, 1) };
  // What the look before the first POST has found is too old for what comes later.
  const now = { ...part, request, found: at === 0 ? found : null };
  const asked = { ...request, whom: { ...whom, number } };
  const followed = await followJob(context, own, asked, (tools) =>
    runPart(context, now, plan.flags, { ...tools, stopping }),
  );
  const result = { ...followed.result, core_count: found?.core ?? null };
  return { ...followed, result, path: own.ref.path };
}

/** One that this process has not started: of its nodes, what an earlier one has noted. */
async function unstarted({ own, request }: AgreedPart): Promise<PartEnding> {
  const { runtime, action, idempotencyKey: idempotency_key, nodes } = request;
  const place = await own.place();
  const { id: deployment_id, path } = own.ref;
  const known = { runtime, action, deployment_id, idempotency_key, core_count: null };
  const facts = unsentFacts({ ...known, targets: 'named' }, nodes);
  const rows = facts.nodes.map((row, at) => {
    const kept = keptRun(own, { ...request, nodes: nodes.slice(at, at + 1) });
    const ended = kept?.passed || kept?.paused ? 'completed' : null;
    return { ...row, status: kept ? ended : NOT_STARTED, started_at: null, gate: null };
  });
  const result = { ...facts, nodes: rows, outcome: NOT_STARTED } as const;
  return { place, path, facts: {}, error: null, result };
}

/** The worst that has happened. @param isStopped by a person */
function outcomeOf(ends: readonly PartEnding[], isStopped: boolean): Outcome {
  if (ends.every(({ result }) => result.outcome === 'completed')) return 'completed';
  if (isStopped) return 'interrupted';
  // One that could not start, after others had, is not confirmed.
  const all = ends.map(({ error, result }) => (error ? 'unconfirmed' : result.outcome));
  const worst = (['unconfirmed', 'rejected', 'halted'] as const).find((one) => all.includes(one));
  return worst ?? 'timed_out';
}

/**
 * How it goes on: under its key; or, where a deployment can no longer pass under that, by a new roll
 * over all that was not started.
 */
function nextOf(
  host: Host,
  ends: readonly PartEnding[],
  parts: Parts,
  { flags, words, confirm }: Plan,
): Pick<SeveralEnding, 'resume' | 'anew'> {
  const { runtime, action, idempotencyKey } = parts[0].request;
  const last = ends.at(-1)?.result;
  if (last?.outcome !== NOT_STARTED) return { resume: last?.resume ?? null, anew: null };
  if (!ends.some(({ result }) => result.nodes.some(isOver))) {
    return { resume: resumeText(idempotencyKey, flags), anew: null };
  }
  const left = ends.map(({ result }) =>
    result.nodes.filter(({ status }) => status === NOT_STARTED),
  );
  const nodes = left.flat().map(({ node_id: node }) => node);
  if (nodes.length === 0) return { resume: null, anew: null };
  const owns = parts.flatMap(({ own }, at) => (left[at]?.length === 0 ? [] : own));
  const how = owns.length > 1 ? words : typedAgain(host, words, ['pause-between']);
  const isLeft = (name: string) => owns.some((own) => isNamed(own, name));
  const consent = confirm.filter(isLeft).flatMap((name) => ['--confirm', name]);
  const where = [...flagsOfAll(owns), ...consent];
  const what = ['ldctl', 'activities', 'roll', runtime, action, ...how, ...where];
  return { resume: null, anew: [...what, '--node', nodes.join()].map(shellWord).join(' ') };
}
