/*
 * The jobs on a deployment, for a command or a program: a checked request becomes a plan, and the
 * plan is driven to its end.
 */

import { ApiError, LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { KeptRun } from '../base/journal.js';
import { OUTCOMES, type Outcome, type ResultFields } from '../base/outcome.js';
import { shellWord } from '../base/text.js';
import { rollJob } from '../job/roll/roll.js';
import { runJob, waitJob } from '../job/run/run.js';
import { drive, type DriveTools } from '../job/drive.js';
import type { Job, JobEnd, Resume } from '../job/job.js';
import type { RollPlan } from '../job/roll/state.js';
import type { RunPlan, WaitPlan } from '../job/run/state.js';
import { wireKey } from '../job/wire-key.js';
import { findOne } from '../log/seek.js';
import type { CheckedRoll, CheckedTrigger, CheckedWait } from './requests.js';
import type { Connection } from './open.js';
import { countingAgain, surveyInTime, type Findings, type Surveyor } from './survey.js';

/** How a job ended, with the command that continues it. */
export type JobResult = Pick<JobEnd, 'error' | 'exitCode'> & { result: ResultFields };

/** How a job is ended before its time, and who hears of it. */
export type Tools = Pick<DriveTools, 'signal' | 'stopping' | 'gate'> & {
  emit: Parameters<typeof drive>[2];
};

/** What an earlier run with a caller's key has left. */
export function keptRun(
  { deploymentId, journal }: Pick<Connection, 'deploymentId' | 'journal'>,
  request: Pick<CheckedTrigger, 'runtime' | 'action' | 'idempotencyKey'> & {
    nodes?: readonly Id[] | undefined;
  },
): KeptRun | null {
  const { idempotencyKey: key } = request;
  return key === undefined || !journal
    ? null
    : journal.read(wireKey(key, { ...request, deploymentId }));
}

/** What is known before a run: what `surveyInTime` has found, and what a person has agreed to. */
type Beforehand = Pick<RunPlan, 'agreed' | 'again'> & { found: Findings | null };

/**
 * One POST, followed to its end.
 * @param before without `found`, ldctl looks now, if anything has to be known
 * @throws LdctlError when nothing was sent
 */
export async function trigger(
  connection: Connection,
  request: CheckedTrigger,
  tools: Tools,
  { found, agreed, again }: Beforehand = { found: null },
): Promise<JobResult> {
  const own = ownOf(connection, request);
  const recall = () => [keptRun(connection, request)];
  return fromRecords(recall, tools, async ([kept = null]) => {
    // Nodes that are named need no look, and a record says what its run has found.
    const isKnown = request.nodes !== undefined || kept !== null;
    const known = found ?? (isKnown ? null : await surveyInTime(connection, request, tools.signal));
    const expect = request.nodes ? undefined : known?.expect;
    const { listed, coreCount, spentMs } = known ?? {};
    const countAgain = request.nodes
      ? null
      : await recountFor(connection, kept, known, tools.signal);
    const isCounting = countAgain !== null;
    const isHeldTo = { agreed, again, expect };
    const plan = { ...request, ...own, ...isHeldTo, listed, coreCount, spentMs, isCounting };
    return driveJob(connection, (now) => runJob(plan, kept, now), tools, countAgain);
  });
}

/** For a run on every node. That of a record may have ended before Core had counted. */
async function recountFor(
  connection: Connection,
  kept: KeptRun | null,
  known: Findings | null,
  signal: AbortSignal,
): Promise<Findings['countAgain']> {
  if (!kept) return known?.countAgain ?? null;
  if (kept.record.core !== null) return null;
  // Something may have been sent: a read that fails must not end the run here.
  return countBeside(connection, signal).catch(() => null);
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
  const { signal } = tools;
  const wanted = await wantedBy(connection, request, signal);
  // A run on every node is held to Core's count, and so is a wait for it.
  const isEvery = !('ids' in request) && !request.nodes;
  const countAgain = isEvery ? await countForWait(connection, signal) : null;
  const isCounting = countAgain !== null;
  const plan = { ...planOf(connection, request), ...wanted, isCounting };
  return driveJob(connection, (now) => waitJob(plan, now), tools, countAgain);
}

/** @returns null where the job is interrupted before it starts: its result says so */
async function countForWait(connection: Connection, signal: AbortSignal) {
  try {
    return await countBeside(connection, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    return null;
  }
}

/** What is waited for, and what is known of it. */
async function wantedBy(
  connection: Connection,
  request: CheckedWait,
  signal: AbortSignal,
): Promise<Pick<WaitPlan, 'wanted' | 'after'>> {
  if ('ids' in request) {
    const { ids } = request;
    const { log, clock } = connection;
    await findOne(ids, (id) => log.seek(id, { signal }), clock, signal);
    return { wanted: { ids } };
  }
  const { nodes, expectNodes, after } = request;
  return { wanted: { ...request, expect: nodes ? undefined : expectNodes }, after };
}

/** Has Core count the nodes beside the job, where it is certain which Core that is. */
async function countBeside(
  connection: Connection,
  signal: AbortSignal,
): Promise<Findings['countAgain']> {
  if (!connection.counter?.isCertain) return null;
  // An entry says where Core has the deployment.
  const { entries } = await connection.log.newest({ signal });
  return countingAgain(connection, entries);
}

/**
 * Acts on the nodes a few at a time, from where earlier processes with the same key left off.
 * @param found what `surveyInTime` has found; without it, ldctl looks now, if a busy node is to stop
 * it
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
  // Until something is sent, the first Ctrl-C ends it.
  const { signal, stopping = signal } = tools;
  const ending = AbortSignal.any([signal, stopping]);
  const recall = () => nodes.map((node) => keptRun(connection, { ...request, nodes: [node] }));
  /** @param known what was found before, or why nothing more is sent */
  const start = ({
    spentMs,
    coreCount,
    failure,
  }: Pick<RollPlan, 'spentMs' | 'coreCount' | 'failure'>) => {
    const known = { ...plan, spentMs, coreCount, failure };
    const kept = recall();
    return driveJob(connection, (now) => rollJob(known, kept, now), tools);
  };
  return fromRecords(
    recall,
    tools,
    // The question may have taken minutes, in which a node has become busy.
    async (before) =>
      start({ ...found, ...(await lookForBusy(connection, request, before, ending)) }),
    (failure) => start({ failure }),
  );
}

/**
 * With `ifBusy: 'fail'`: looks for what keeps the nodes busy that are still to be acted on.
 * @throws LdctlError
 */
export async function lookForBusy(
  surveyor: Surveyor,
  request: Pick<CheckedRoll, 'runtime' | 'nodes' | 'ifBusy'>,
  kept: ReadonlyArray<KeptRun | null>,
  signal: AbortSignal,
): Promise<Pick<RollPlan, 'spentMs'>> {
  const nodes = request.nodes.filter((_, at) => !kept[at]);
  if (request.ifBusy !== 'fail' || nodes.length === 0) return {};
  const { spentMs } = await surveyInTime(surveyor, { ...request, nodes }, signal);
  return { spentMs };
}

const countOf = (kept: readonly unknown[]) => kept.filter((one) => one !== null).length;

/**
 * Starts from what earlier processes with the key have left. If that fails, so that this process
 * has sent nothing, and another has left more meanwhile, it starts again from that.
 * @param report ends a roll of which something is left, and that cannot start; without a failure
 * where it is stopped
 */
export async function fromRecords<K extends readonly unknown[], T>(
  recall: () => K,
  { signal, stopping }: Pick<Tools, 'signal' | 'stopping'>,
  start: (kept: K) => Promise<T>,
  report?: (failure: LdctlError | undefined) => Promise<T>,
): Promise<T> {
  for (;;) {
    const kept = recall();
    try {
      return await start(kept);
    } catch (error) {
      if (!(error instanceof LdctlError)) throw error;
      const left = countOf(recall());
      const isStopped = signal.aborted || stopping?.aborted;
      if (left > countOf(kept) && !(isStopped && report)) continue;
      if (!report || left === 0) throw error;
      return report(isStopped ? undefined : error);
    }
  }
}

/** The fields of a plan that come from the connection, or that a request has in another shape. */
function ownOf(connection: Connection, request: CheckedRoll | CheckedTrigger) {
  const { apiKeyHash, newKey } = connection;
  const { idempotencyKey = newKey() } = request;
  // The command `roll` always gives one, so that `--resume` finds it.
  const keepsKey = request.idempotencyKey !== undefined;
  return { ...planOf(connection, request), apiKeyHash, idempotencyKey, keepsKey };
}

/** What the plan of every job has. */
function planOf(
  { deploymentId, profile, tenant }: Connection,
  { timeoutMs, appearTimeoutMs }: Pick<CheckedRoll, 'timeoutMs' | 'appearTimeoutMs'>,
) {
  return { deploymentId, profile, tenant, timeoutMs: timeoutMs || Infinity, appearTimeoutMs };
}

/** @param countAgain asks Core beside the following; null where it has answered, or is not asked */
async function driveJob(
  connection: Connection,
  start: (now: number) => Job,
  { emit, ...control }: Tools,
  countAgain: Findings['countAgain'] = null,
): Promise<JobResult> {
  const { supervisor, log, clock, journal } = connection;
  const counting = new AbortController();
  const lateCount = countAgain?.(counting.signal);
  const tools = { supervisor, log, clock, journal, lateCount, ...control };
  const { resume, error, exitCode, ...end } = await drive(
    start(clock.elapsed()),
    tools,
    emit,
  ).finally(() => counting.abort(new Error('the job has ended')));
  const result = { ...end.result, resume: resume && resumeCommand(resume, connection) };
  return { result, error: error && asReason(error, result.outcome), exitCode };
}

/**
 * If there is a result, something may have been sent. So an error is only the reason for its outcome,
 * whatever kind it is. Drops a hint to try again: without the same key, that could run it twice.
 */
function asReason(error: LdctlError, outcome: Outcome) {
  const { code, message, requestId, cause } = error;
  const hint = error instanceof ApiError && error.retryable ? undefined : error.hint;
  return new LdctlError(OUTCOMES[outcome], code, message, { requestId, cause, hint });
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
