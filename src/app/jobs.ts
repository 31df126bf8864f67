/*
 * The jobs on a deployment, for a command or a program: a checked request becomes a plan, and the plan
 * is driven to its end.
 */

import { within } from '../base/clock.js';
import { LdctlError, UsageError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import type { ResultFields } from '../base/outcome.js';
import { rollJob, runJob, waitJob } from '../job/index.js';
import { drive, type DriveTools } from '../job/drive.js';
import type { Job, JobEnd, Resume } from '../job/job.js';
import type { RollPlan } from '../job/roll-state.js';
import { BEFORE_POST } from '../job/pace.js';
import { wireKey } from '../job/wire-key.js';
import { lowestHeld } from '../log/seek.js';
import { shellWord } from '../base/text.js';
import type { CheckedRoll, CheckedTrigger, CheckedWait } from './requests.js';
import type { Connection } from './open.js';
import { expectedNodes, survey, type Findings, type SurveyRequest } from './survey.js';

/** How a job ended, with the command that continues it. */
export type JobResult = Pick<JobEnd, 'error' | 'exitCode'> & { result: ResultFields };

/** How a job is ended before its time, and who hears of it. */
export type Tools = Pick<DriveTools, 'signal' | 'stopping' | 'gate'> & {
  emit: Parameters<typeof drive>[2];
};

/** What a look around depends on. */
export type LookRequest = SurveyRequest & Pick<CheckedTrigger, 'action' | 'idempotencyKey'>;

/**
 * What has to be known before an action on every node: which nodes there are, and how many.
 * @param always look where nodes are named, too: a question or a dry run says what keeps them busy
 * @param isKept whether an earlier run with the key left a record
 * @returns null where nothing has to be known: nodes are named, or there is a record, which is
 * followed as it is
 * @throws as `survey` does, also where it takes longer than a minute
 */
export async function lookAround(
  connection: Connection,
  request: LookRequest,
  {
    signal,
    always = false,
    isKept = () => keptRun(connection, request) !== null,
  }: { signal: AbortSignal; always?: boolean; isKept?: (() => boolean) | undefined },
): Promise<Findings | null> {
  if (request.expectNodes === 'deployment' && !connection.counter) {
    throw new UsageError('ldctl does not know which Core API counts the nodes of this deployment');
  }
  if ((request.nodes && !always) || isKept()) return null;
  try {
    const found = await within(BEFORE_POST, { ...connection, signal }, (limited) =>
      survey(connection, request, limited),
    );
    // Only for what it throws where the number is wrong.
    if (!request.nodes) expectedNodes(found, request.expectNodes);
    return found;
  } catch (error) {
    // Another process may have sent it meanwhile: then its record is followed.
    if (signal.aborted || !isKept()) throw error;
    return null;
  }
}

/** What an earlier run with a caller's key has left. */
function keptRun({ deploymentId, journal }: Connection, request: LookRequest): KeptRun | null {
  const { idempotencyKey: key } = request;
  return key === undefined || !journal
    ? null
    : journal.read(wireKey(key, { ...request, deploymentId }));
}

/**
 * One POST, followed to its end.
 * @param found what `lookAround` has found; without it, ldctl looks now
 * @throws LdctlError when nothing was sent
 */
export async function trigger(
  connection: Connection,
  request: CheckedTrigger,
  tools: Tools,
  found?: Findings | null,
): Promise<JobResult> {
  const known = found === undefined ? await lookAround(connection, request, tools) : found;
  const plan = {
    ...request,
    ...ownOf(connection, request),
    ...known,
    // If an earlier record is followed, its own number counts.
    expect: request.nodes || !known ? undefined : expectedNodes(known, request.expectNodes),
  };
  const recall = () => [keptRun(connection, request)];
  return fromRecords(recall, tools, ([kept = null]) =>
    follow(connection, (now) => runJob(plan, kept, now), tools),
  );
}

/**
 * Follows what was dispatched before; never sends.
 * @throws LdctlError when the log cannot be read at the start, or holds none of the ids (exit 5)
 */
export async function wait(
  connection: Connection,
  request: CheckedWait,
  tools: Tools,
): Promise<JobResult> {
  const limits = limitsOf(connection, request);
  const plan = await waitPlanOf(connection, request, tools.signal);
  return follow(connection, (now) => waitJob({ ...limits, ...plan }, now), tools);
}

/** What is waited for, and the id that it is above: no read has to go further down. */
async function waitPlanOf(connection: Connection, request: CheckedWait, signal: AbortSignal) {
  if ('ids' in request) {
    const { ids } = request;
    const { log, clock } = connection;
    const lowest = await lowestHeld(ids, (id) => log.seek(id, { signal }), clock, signal);
    return { wanted: { ids }, after: lowest - 1n };
  }
  const { nodes, expectNodes, after } = request;
  return {
    wanted: { ...request, expect: nodes ? undefined : expectNodes },
    after,
    ...(await surveyForWait(connection, request, signal)),
  };
}

/**
 * A run on every node counts nodes before it sends, and a wait for it counts them again, if it is
 * certain which Core knows the deployment.
 * @returns nothing where the job is interrupted before it starts: its result says so
 */
async function surveyForWait(
  connection: Connection,
  { runtime, nodes }: Extract<CheckedWait, { after: Id }>,
  signal: AbortSignal,
): Promise<Partial<Pick<Findings, 'listed' | 'core'>>> {
  if (nodes || !connection.counter?.isCertain) return {};
  try {
    const surveyor = { ...connection, tenant: null };
    const { listed, core } = await survey(surveyor, { runtime, ifBusy: 'ignore' }, signal);
    return { listed, core };
  } catch (error) {
    if (!signal.aborted) throw error;
    return {};
  }
}

/**
 * One node after the other, from where earlier processes with the same key left off.
 * @param found what `lookAround` has found; without it, ldctl looks now if a busy node is to stop it
 * @throws LdctlError when nothing was sent
 */
export async function roll(
  connection: Connection,
  request: CheckedRoll,
  tools: Tools,
  found: Findings | null = null,
): Promise<JobResult> {
  const { nodes, maxUnavailable: most, gateTimeoutMs, nodeTimeoutMs } = request;
  const plan = {
    ...request,
    ...ownOf(connection, request),
    gated: tools.gate !== undefined,
    // A number, or a percentage such as '25%'.
    maxUnavailable:
      typeof most === 'number'
        ? most
        : Math.max(Math.floor((parseInt(most) * nodes.length) / 100), 1),
    gateTimeoutMs: gateTimeoutMs || Infinity,
    nodeTimeoutMs: nodeTimeoutMs || Infinity,
  };
  const recall = () => nodes.map((node) => keptRun(connection, { ...request, nodes: [node] }));
  const looked = found
    ? { spentMs: found.spentMs }
    : await lookForBusy(connection, request, tools.signal, recall);
  return fromRecords(recall, tools, (kept) =>
    follow(connection, (now) => rollJob({ ...plan, ...looked }, kept, now), tools),
  );
}

type Kept = ReadonlyArray<KeptRun | null>;

const countOf = (kept: Kept) => kept.filter((one) => one !== null).length;

/**
 * With `ifBusy: 'fail'`: looks for what keeps the nodes busy that are still to be acted on.
 * @returns `failure`: why none of them may be, in a roll that an earlier process has started
 * @throws LdctlError the same in a new roll
 */
async function lookForBusy(
  connection: Connection,
  request: CheckedRoll,
  signal: AbortSignal,
  recall: () => Kept,
): Promise<Pick<RollPlan, 'spentMs' | 'failure'>> {
  if (request.ifBusy !== 'fail') return {};
  const before = recall();
  const nodes = request.nodes.filter((_, at) => before[at] === null);
  if (nodes.length === 0) return {};
  const looking = { signal, always: true, isKept: () => false };
  try {
    const found = await lookAround(connection, { ...request, nodes }, looking);
    return { spentMs: found?.spentMs };
  } catch (error) {
    const kept = countOf(recall());
    if (kept === 0 || signal.aborted || !(error instanceof LdctlError)) throw error;
    // Another process that rolls the same may have started a node meanwhile, and keep it busy: then
    // the roll goes on.
    return kept > countOf(before) ? {} : { failure: error };
  }
}

/**
 * Starts from what earlier processes with the key have left. If nothing could be sent, and another
 * process has left more meanwhile, it starts again from that.
 */
async function fromRecords(
  recall: () => Kept,
  { signal, stopping }: Tools,
  start: (kept: Kept) => Promise<JobResult>,
): Promise<JobResult> {
  for (;;) {
    const kept = recall();
    try {
      return await start(kept);
    } catch (error) {
      const isStopped = signal.aborted || stopping?.aborted;
      if (isStopped || !(error instanceof LdctlError)) throw error;
      if (countOf(recall()) <= countOf(kept)) throw error;
    }
  }
}

/** The fields of a plan that come from the connection, or that a request has in another shape. */
function ownOf(connection: Connection, request: CheckedRoll | CheckedTrigger) {
  const { tenant, apiKeyHash, newKey } = connection;
  const { idempotencyKey = newKey() } = request;
  const keepsKey = request.idempotencyKey !== undefined;
  return { ...limitsOf(connection, request), tenant, apiKeyHash, idempotencyKey, keepsKey };
}

function limitsOf(
  { deploymentId }: Connection,
  { timeoutMs, appearTimeoutMs: appearMs }: Pick<CheckedRoll, 'timeoutMs' | 'appearTimeoutMs'>,
) {
  return { deploymentId, timeoutMs: timeoutMs || Infinity, appearMs };
}

async function follow(
  connection: Connection,
  start: (now: number) => Job,
  { emit, ...control }: Tools,
): Promise<JobResult> {
  const { supervisor, log, clock, journal } = connection;
  const tools = { supervisor, log, clock, journal, ...control };
  const { resume, error, exitCode, ...end } = await drive(start(clock.elapsed()), tools, emit);
  const result = { ...end.result, resume: resume && resumeCommand(resume, connection) };
  if (!error) return { result, error, exitCode };
  // If there is a result, something may have been sent. So the error is only the reason why that is
  // unconfirmed, whatever kind it is.
  const { code, message, hint, requestId } = error;
  const unconfirmed = new LdctlError('unconfirmed', code, message, { hint, requestId });
  return { result, error: unconfirmed, exitCode };
}

/**
 * The exact command that continues where a job ended; null where only the caller's own program can.
 */
export function resumeCommand(
  resume: Resume,
  { flags, keepsRolls }: Pick<Connection, 'flags' | 'keepsRolls'>,
): string | null {
  if ('roll' in resume && !keepsRolls) return null;
  return ['ldctl', 'activities', ...wordsOf(resume), ...flags].map(shellWord).join(' ');
}

function wordsOf(resume: Resume): string[] {
  if ('roll' in resume) return ['roll', '--resume', resume.roll];
  if ('ids' in resume) return ['wait', ...resume.ids.map(String)];
  const { after, runtime, action, nodes, expect } = resume;
  const words = ['wait', '--after', String(after), '--runtime', runtime, '--action', action];
  if (nodes) words.push('--node', nodes.join());
  return expect === null ? words : [...words, '--expect-nodes', String(expect)];
}
