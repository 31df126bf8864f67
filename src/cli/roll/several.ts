/*
 * A roll over several deployments: a part for each, one after the other and under one key. The next
 * starts only once the one before has completed. A record over them keeps their order.
 */

import { within } from '../../base/clock.js';
import { elapsedText, formatDuration } from '../../base/durations.js';
import { LdctlError, usageError, withHint, type Interrupted } from '../../base/errors.js';
import { EXIT_CODES, type ExitCode, type ExitName } from '../../base/exit-codes.js';
import type { Id } from '../../base/ids.js';
import {
  emptyNodeResult,
  NOT_STARTED,
  OUTCOMES,
  unsentFacts,
  type Outcome,
} from '../../base/outcome.js';
import { shellWord } from '../../base/text.js';
import { keptRun, type Tools } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import { nodesOf } from '../../job/census.js';
import { foreignLog } from '../../job/foreign.js';
import { BEFORE_POST } from '../../job/pace.js';
import { reportToGitHub } from '../../output/github.js';
import {
  isOver,
  printPartEnding,
  printSeveral,
  type PartEnding,
  type SeveralEnding,
} from '../../output/several-result.js';
import type { CommandContext } from '../context.js';
import { followJob } from '../following.js';
import { runPart, withoutFlag, type AgreedPart } from './part.js';
import { recordSeveral, resumeText, type SeveralPlan } from './record.js';

/** The flags by which a later command acts on the same deployments, in this order. */
export function flagsOfAll(owns: readonly OpenDeployment[]): string[] {
  const [first, ...others] = owns;
  if (!first) return [];
  const { flags } = first;
  if (others.length === 0) return [...flags];
  return flags.flatMap((flag, at) => {
    // Each supervisor is looked up again.
    if (at % 2 !== 0 || flag === '--supervisor-url') return [];
    const values = owns.map((own) => own.flags[own.flags.indexOf(flag) + 1] ?? '');
    const isList =
      flag === '--deployment' || (flag === '--profile' && !flags.includes('--deployment'));
    if (isList) return [flag, values.join()];
    // What not all of them have, such as the default of one for Core, is not for the others.
    const isShared = owns.every((own) => own.flags.includes(flag) && new Set(values).size === 1);
    return isShared ? [flag, values[0] ?? ''] : [];
  });
}

/**
 * Gives each deployment the nodes that its log lists.
 * @throws UsageError for a node that none or two list, and for a deployment without a node; as
 * `Supervisor.list` does
 */
export async function assignNodes(
  { host, signal }: CommandContext,
  owns: readonly OpenDeployment[],
  nodes: readonly Id[],
): Promise<Array<readonly Id[]>> {
  const logs = await within(BEFORE_POST, { clock: host.clock, signal }, (limited) =>
    Promise.all(
      owns.map((own) => own.log.forNodes({ signal: limited }).catch(nameDeployment(own))),
    ),
  );
  const listed = owns.map(({ deploymentId, tenant }, at) => {
    const entries = logs[at]?.entries ?? [];
    const problem = foreignLog(entries, deploymentId, tenant);
    if (problem) throw problem;
    return nodesOf(entries);
  });
  const refuse = (what: string) =>
    usageError(
      'node_unknown',
      `${what}; nothing was sent`,
      '`ldctl nodes list` shows the nodes of each.',
    );
  for (const node of nodes) {
    const { length } = listed.filter((some) => some.includes(node));
    if (length === 0) throw refuse(`no log of these deployments lists node ${node}`);
    if (length > 1) throw refuse(`the logs of ${length} of these deployments list node ${node}`);
  }
  const each = listed.map((some) => nodes.filter((node) => some.includes(node)));
  const without = owns[each.findIndex(({ length }) => length === 0)];
  if (without) throw refuse(`none of the nodes is of ${await without.place()}`);
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

/**
 * Runs them in their order, and prints how that ended.
 * @returns the exit code @throws LdctlError where nothing was sent
 */
export async function rollSeveral(
  context: CommandContext,
  parts: readonly AgreedPart[],
  plan: SeveralPlan,
): Promise<ExitCode> {
  const { host } = context;
  // Read before the first POST: what fails later would hide the result.
  const hasBegun = parts.map(({ own, request }) =>
    request.nodes.some((node) => keptRun(own, { ...request, nodes: [node] })),
  );
  for (const { own } of parts) await own.place();
  const endRecords = recordSeveral(context, parts, plan);
  const stopping = context.interrupts.inTwoStages();
  const run: SeveralRun = {
    count: parts.length,
    context,
    plan,
    stopping,
    deadline: host.clock.elapsed() + (plan.timeoutMs || Infinity),
  };
  const ends: PartEnding[] = [];
  for (const [at, part] of parts.entries()) {
    if (at > 0 && !(await pauseBefore(run, part, hasBegun[at]))) break;
    const end = await endOf(run, part, at).catch((error: unknown) => {
      if (at === 0) endRecords.all('refused');
      throw error;
    });
    if (end.result.resume === null && end.outcome !== NOT_STARTED) {
      endRecords.parts[at]?.('finished');
    }
    ends.push(end);
    if (end.outcome !== 'completed') break;
  }
  const rest = parts.slice(ends.length);
  const left = await Promise.all(rest.map(unstarted));
  const outcome = outcomeOf(ends, left.length, run);
  const next = nextOf([...ends, ...left], parts, plan);
  if (next.resume === null) endRecords.all('finished');
  for (const { result, place } of left) {
    const unsent = { ...result, outcome: NOT_STARTED };
    await reportToGitHub(host.output, host.env, unsent, place);
  }
  await printSeveral(host.output, {
    outcome,
    key: plan.key,
    parts: [...ends, ...left],
    ...next,
  });
  return exitCodeOf(outcome, run);
}

interface SeveralRun {
  /** How many deployments there are. */
  count: number;
  context: CommandContext;
  plan: SeveralPlan;
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
  { context, plan, stopping, deadline }: SeveralRun,
  { own }: AgreedPart,
  hasBegun: boolean | undefined,
): Promise<boolean> {
  const { clock } = context.host;
  const ms = Math.min(plan.pauseBetweenMs, deadline - clock.elapsed());
  const ending = AbortSignal.any([stopping, context.signal]);
  if (ms > 0 && !hasBegun) {
    const place = await own.place();
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

/** @throws LdctlError where the first cannot start: nothing was sent */
async function endOf(
  { context, plan, count, stopping, deadline }: SeveralRun,
  part: AgreedPart,
  at: number,
): Promise<PartEnding> {
  const { output, clock, env } = context.host;
  const { own } = part;
  const { path, id: deploymentId } = own.ref;
  const number = `${part.whom.number ?? part.whom.who} (deployment ${at + 1} of ${count})`;
  const whom = { ...part.whom, number };
  const left = Math.max(deadline - clock.elapsed(), 1);
  const request = { ...part.request, timeoutMs: left === Infinity ? 0 : left };
  // What the look before the first POST has found is too old for what comes later.
  const found = at === 0 ? part.found : null;
  try {
    const run = (tools: Tools) =>
      runPart(context, { ...part, request, found }, plan.flags, { ...tools, stopping });
    const followed = await followJob(context, own, { ...request, whom }, run).catch(
      at === 0 ? undefined : nameDeployment(own),
    );
    const result = { ...followed.result, core_count: part.found?.core ?? null };
    const ending = { ...followed, result, deploymentId, path, outcome: result.outcome };
    printPartEnding(output, ending);
    const isLast = at + 1 === count;
    const resume = isLast || !result.nodes.some(isOver) ? result.resume : null;
    await reportToGitHub(output, env, { ...result, resume }, followed.place);
    return ending;
  } catch (error) {
    if (at === 0 || !(error instanceof LdctlError)) throw error;
    const ending = { ...(await unstarted(part)), error };
    printPartEnding(output, ending);
    return ending;
  }
}

/** One of which nothing was sent. */
async function unstarted({ own, request }: AgreedPart): Promise<PartEnding> {
  const { runtime, action, idempotencyKey, nodes } = request;
  const place = await own.place();
  return {
    deploymentId: own.deploymentId,
    path: own.ref.path,
    place,
    outcome: NOT_STARTED,
    facts: {},
    error: null,
    result: unsentFacts(
      {
        runtime,
        action,
        deployment_id: own.deploymentId,
        idempotency_key: idempotencyKey,
        targets: 'named',
        core_count: null,
      },
      nodes.map((node_id) => ({
        ...emptyNodeResult({ node_id }, NOT_STARTED),
        started_at: null,
        gate: null,
      })),
    ),
  };
}

/** The worst that has happened. @param left how many were not started */
function outcomeOf(ends: readonly PartEnding[], left: number, run: SeveralRun): Outcome {
  const isDone = left === 0 && ends.every(({ outcome }) => outcome === 'completed');
  if (isDone) return 'completed';
  if (run.stopping.aborted || run.context.signal.aborted) return 'interrupted';
  // One that could not start, after others had.
  if (ends.some(({ error }) => error !== null)) return 'unconfirmed';
  const worst = (['unconfirmed', 'rejected', 'halted'] as const).find((one) =>
    ends.some(({ outcome }) => outcome === one),
  );
  return worst ?? 'timed_out';
}

function exitCodeOf(outcome: Outcome, { stopping, context: { signal } }: SeveralRun): ExitCode {
  if (outcome !== 'interrupted') return EXIT_CODES[OUTCOMES[outcome]].code;
  const { reason } = (signal.aborted ? signal : stopping) as { reason: Interrupted };
  return reason.exitCode;
}

/**
 * How it goes on: under its key; or, where a deployment can no longer pass under that, by a new roll
 * over all that was not started.
 */
function nextOf(
  ends: readonly PartEnding[],
  parts: readonly AgreedPart[],
  { key, flags, words }: SeveralPlan,
): Pick<SeveralEnding, 'resume' | 'anew'> {
  const last = ends.at(-1);
  const isLeft = last?.outcome === NOT_STARTED;
  if (isLeft && ends.some(({ result }) => result.nodes.some(isOver))) {
    const unstarted = ends.map(({ result: { nodes } }) =>
      nodes.flatMap(({ node_id: node, status }) => (status === NOT_STARTED ? (node ?? []) : [])),
    );
    const owns = parts.flatMap(({ own }, at) => (unstarted[at]?.length === 0 ? [] : own));
    const how = owns.length > 1 ? words : withoutFlag('--pause-between', words);
    const { runtime, action } = last.result;
    const what = ['ldctl', 'activities', 'roll', runtime ?? '', action ?? '', ...how];
    const all = [...what, ...flagsOfAll(owns), '--node', unstarted.flat().join()];
    return { resume: null, anew: all.map(shellWord).join(' ') };
  }
  const isOpen = isLeft || last?.result.resume !== null;
  return { resume: isOpen ? resumeText(key, flags) : null, anew: null };
}
