/*
 * A roll over several deployments: a part for each, one after the other and under one key. The next
 * starts only once the one before has completed.
 */

import { elapsedText, formatDuration } from '../../base/durations.js';
import { LdctlError, usageError, withHint, type Interrupted } from '../../base/errors.js';
import { EXIT_CODES, type ExitName } from '../../base/exit-codes.js';
import {
  NOT_STARTED,
  OUTCOMES,
  unsentFacts,
  type NodeResult,
  type Outcome,
} from '../../base/outcome.js';
import { shellWord } from '../../base/text.js';
import { keptRun, type LookRequest } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import { surveyInTime } from '../../app/survey.js';
import { nodesOf } from '../../job/census.js';
import { isOver } from '../../output/run-text.js';
import {
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
export function flagsOfAll(deployments: readonly OpenDeployment[]) {
  const [first = [], ...others] = deployments.map(({ flags }) => flags);
  if (others.length === 0) return [...first];
  const list = first.includes('--deployment') ? '--deployment' : '--profile';
  return first.flatMap((flag, at) => {
    // Each supervisor is looked up again.
    if (at % 2 !== 0 || flag === '--supervisor-url') return [];
    const values = deployments.map(({ flags }) => flags[flags.indexOf(flag) + 1] ?? '');
    if (flag === list) return [flag, values.join()];
    // What not all of them have, such as the default of one for Core, is not for the others.
    return new Set(values).size === 1 ? [flag, ...new Set(values)] : [];
  });
}

/**
 * The nodes of each deployment: where nodes are named, of each of several those that its log lists.
 * @throws UsageError for a node that none or two list, and for a deployment without a node; as
 * `surveyInTime` does
 */
export async function assignNodes(
  { signal }: CommandContext,
  deployments: readonly OpenDeployment[],
  { nodes, ...request }: LookRequest,
) {
  if (!nodes || deployments.length === 1) return deployments.map(() => nodes);
  const look = { ...request, nodes, ifBusy: 'ignore' } as const;
  const listed = await Promise.all(
    deployments.map(async (deployment) => {
      const found = surveyInTime(deployment, look, signal).catch(nameDeployment(deployment));
      return nodesOf((await found).entries);
    }),
  );
  const refuse = (what: string) =>
    usageError(
      'node_unknown',
      `${what}; nothing was sent`,
      '`ldctl nodes list` shows the nodes of each.',
    );
  for (const node of nodes) {
    const { length } = listed.filter((known) => known.includes(node));
    if (length === 0) throw refuse(`no log of these deployments lists node ${node}`);
    if (length > 1) throw refuse(`the logs of ${length} of these deployments list node ${node}`);
  }
  const each = listed.map((known) => nodes.filter((node) => known.includes(node)));
  const without = deployments[each.findIndex(({ length }) => length === 0)];
  if (without) throw refuse(`none of the nodes is of ${await without.place()}`);
  return each;
}

/** Lets a failure say which of several deployments it is about. */
export const nameDeployment =
  (deployment: OpenDeployment | undefined) =>
  async (error: unknown): Promise<never> => {
    const isOurs = error instanceof LdctlError && !SAYS_ENOUGH.includes(error.exit);
    if (!deployment || !isOurs) throw error;
    throw withHint(error, error.hint, `${await deployment.place()}: ${error.message}`);
  };

/** An interrupt, or a no, is about all of them. */
const SAYS_ENOUGH: readonly ExitName[] = ['usage', 'sigint', 'sigterm', 'sighup'];

interface Plan extends SeveralPlan {
  /** Of the whole; 0 for no limit. */
  timeoutMs: number;
  /** The names of `--confirm`. */
  confirm: readonly string[];
}

/** One deployment, and how the roll on it goes. */
interface Stage {
  readonly part: AgreedPart;
  /** Ends its record, once that is made. */
  endRecord: ReturnType<typeof recordPart>;
  /** Until it has ended: as it is if it cannot start. */
  ending: PartEnding;
}

/**
 * Runs them in their order, and prints how that ended.
 * @returns the exit code @throws LdctlError where nothing was sent
 */
export async function rollSeveral(
  context: CommandContext,
  parts: readonly AgreedPart[],
  plan: Plan,
) {
  const { host, signal } = context;
  const { output, clock } = host;
  // Read before the first POST: what fails later would hide the result.
  const stages: Stage[] = [];
  for (const part of parts) {
    stages.push({ part, endRecord: () => undefined, ending: await unstarted(part) });
  }
  const stopping = context.interrupts.inTwoStages();
  const deadline = clock.elapsed() + (plan.timeoutMs || Infinity);
  await runInOrder({ context, stages, plan, stopping, deadline }).catch((error: unknown) => {
    const isNothingSent = stages[0]?.ending.result.outcome === NOT_STARTED;
    if (isNothingSent) for (const { endRecord } of stages) endRecord('refused');
    throw error;
  });
  const endings = stages.map(({ ending }) => ending);
  const outcome = outcomeOf(endings, stopping.aborted || signal.aborted);
  const next = nextOf(host, stages, plan);
  for (const { ending, endRecord } of stages) {
    const { result, place } = ending;
    const isOpen = result.outcome === NOT_STARTED || result.resume !== null;
    if (!isOpen || next.resume === null) endRecord('finished');
    const resume = result.resume && next.resume;
    await reportToRunner(host, { ...result, resume }, place);
  }
  await printSeveral(output, { outcome, parts: endings, ...next });
  if (outcome !== 'interrupted') return EXIT_CODES[OUTCOMES[outcome]].code;
  return ((signal.aborted ? signal : stopping).reason as Interrupted).exitCode;
}

/** Until one does not complete. @throws as `recordPart`; LdctlError where the first cannot start */
async function runInOrder(run: SeveralRun) {
  const { context, stages, plan } = run;
  const { timeoutMs, confirm, ...several } = plan;
  // Before the first POST, so that none of them is forgotten.
  for (const stage of stages) stage.endRecord = recordPart(context, stage.part, several);
  for (const [at, stage] of stages.entries()) {
    if (at > 0 && !(await pauseBefore(run, stage))) return;
    const { part, ending } = stage;
    const ended = runStage(run, part, at).catch(nameDeployment(part.deployment));
    stage.ending = await (at === 0 ? ended : ended.catch(asEnding(ending)));
    printPartEnding(context.host.output, stage.ending);
    if (stage.ending.result.outcome !== 'completed') return;
  }
}

interface SeveralRun {
  context: CommandContext;
  stages: readonly Stage[];
  plan: Plan;
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
  { part, ending: before }: Stage,
) {
  const { clock } = context.host;
  const ms = Math.min(plan.pauseBetweenMs, deadline - clock.elapsed());
  const ending = AbortSignal.any([stopping, context.signal]);
  if (ms > 0 && before.result.nodes.every(isUnstarted)) {
    const place = await part.deployment.place();
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

/** Of one that cannot start, after others had: something was sent. */
const asEnding =
  (ending: PartEnding) =>
  (error: unknown): PartEnding => {
    if (error instanceof LdctlError) return { ...ending, error };
    throw error;
  };

/** @throws LdctlError where it cannot start */
async function runStage(
  { context, stages, plan, stopping, deadline }: SeveralRun,
  part: AgreedPart,
  at: number,
): Promise<PartEnding> {
  const { deployment, whom, found } = part;
  const number = `${whom.number ?? whom.who} (deployment ${at + 1} of ${stages.length})`;
  const leftMs = deadline - context.host.clock.elapsed();
  const request = { ...part.request, timeoutMs: leftMs === Infinity ? 0 : Math.max(leftMs, 1) };
  // What the look before the first POST has found is too old for what comes later.
  const now = { ...part, request, found: at === 0 ? found : null };
  const asked = { ...request, whom: { ...whom, number } };
  const followed = await followJob(context, deployment, asked, (tools) =>
    runPart(context, now, plan.flags, { ...tools, stopping }),
  );
  const result = { ...followed.result, core_count: found?.coreCount ?? null };
  return { ...followed, result, path: deployment.ref.path };
}

/** One that this process has not started: of its nodes, what an earlier one has noted. */
async function unstarted({ deployment, request }: AgreedPart): Promise<PartEnding> {
  const { runtime, action, idempotencyKey: idempotency_key, nodes } = request;
  const place = await deployment.place();
  const { id: deployment_id, path } = deployment.ref;
  const known = { runtime, action, deployment_id, idempotency_key, core_count: null };
  const facts = unsentFacts({ ...known, targets: 'named' }, nodes);
  const rows = facts.nodes.map((row, at) => {
    const kept = keptRun(deployment, { ...request, nodes: nodes.slice(at, at + 1) });
    const { marks } = kept ?? {};
    const ended = marks?.has('passed') || marks?.has('paused') ? 'completed' : null;
    return { ...row, status: kept ? ended : NOT_STARTED, started_at: null, gate: null };
  });
  const result = { ...facts, nodes: rows, outcome: NOT_STARTED } as const;
  return { place, path, facts: {}, error: null, result };
}

const isUnstarted = ({ status }: NodeResult) => status === NOT_STARTED;

/** The worst that has happened. @param isStopped by a person */
function outcomeOf(endings: readonly PartEnding[], isStopped: boolean): Outcome {
  if (endings.every(({ result }) => result.outcome === 'completed')) return 'completed';
  if (isStopped) return 'interrupted';
  // One that could not start, after others had, is not confirmed.
  const all = endings.map(({ error, result }) => (error ? 'unconfirmed' : result.outcome));
  const worst = (['unconfirmed', 'rejected', 'halted'] as const).find((one) => all.includes(one));
  return worst ?? 'timed_out';
}

/**
 * How it goes on: under its key; or, where a deployment can no longer pass under that, by a new roll
 * over all that was not started.
 */
function nextOf(
  host: Host,
  stages: readonly Stage[],
  { flags, words, confirm }: Plan,
): Pick<SeveralEnding, 'resume' | 'anew'> {
  const last = stages.at(-1);
  const result = last?.ending.result;
  if (!last || result?.outcome !== NOT_STARTED) {
    return { resume: result?.resume ?? null, anew: null };
  }
  const { runtime, action, idempotencyKey } = last.part.request;
  if (!stages.some(({ ending }) => ending.result.nodes.some(isOver))) {
    return { resume: resumeText(idempotencyKey, flags), anew: null };
  }
  const left = stages.filter(({ ending }) => ending.result.nodes.some(isUnstarted));
  if (left.length === 0) return { resume: null, anew: null };
  const deployments = left.map(({ part }) => part.deployment);
  const nodes = left.flatMap(({ ending }) => ending.result.nodes.filter(isUnstarted));
  const how = deployments.length > 1 ? words : typedAgain(host, words, ['pause-between']);
  const isLeft = (name: string) => deployments.some((deployment) => isNamed(deployment, name));
  const consent = confirm.filter(isLeft).flatMap((name) => ['--confirm', name]);
  const where = [...flagsOfAll(deployments), ...consent];
  const what = ['ldctl', 'activities', 'roll', runtime, action, ...how, ...where];
  const ids = nodes.map(({ node_id: node }) => node).join();
  return { resume: null, anew: [...what, '--node', ids].map(shellWord).join(' ') };
}
