/*
 * The jobs on a deployment, for a command or a program: a checked request becomes a plan, and the
 * plan is driven to its end.
 */

import { within } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import type { KeptRun } from '../base/journal.js';
import type { ResultFields } from '../base/outcome.js';
import { shellWord } from '../base/text.js';
import { rollJob, runJob, waitJob } from '../job/index.js';
import { drive, type DriveTools } from '../job/drive.js';
import type { Job, JobEnd, Resume } from '../job/job.js';
import type { RollPlan } from '../job/roll-state.js';
import type { WaitPlan } from '../job/run-state.js';
import { wireKey } from '../job/wire-key.js';
import { findOne } from '../log/seek.js';
import type { CheckedRoll, CheckedTrigger, CheckedWait } from './requests.js';
import type { Connection } from './open.js';
import {
  countingAgain,
  surveyInTime,
  type Findings,
  type SurveyRequest,
  type Surveyor,
} from './survey.js';

/** How a job ended, with the command that continues it. */
export type JobResult = Pick<JobEnd, 'error' | 'exitCode'> & { result: ResultFields };

/** How a job is ended before its time, and who hears of it. */
export type Tools = Pick<DriveTools, 'signal' | 'stopping' | 'gate'> & {
  emit: Parameters<typeof drive>[2];
};

/** What identifies a run, and what has to be known of its deployment. */
export type LookRequest = SurveyRequest & Pick<CheckedTrigger, 'action' | 'idempotencyKey'>;

/** What an earlier run with a caller's key has left. */
export function keptRun(
  { deploymentId, journal }: Connection,
  request: LookRequest,
): KeptRun | null {
  const { idempotencyKey: key } = request;
  return key === undefined || !journal
    ? null
    : journal.read(wireKey(key, { ...request, deploymentId }));
}

/**
 * One POST, followed to its end.
 * @param found what `surveyInTime` has found; without it, ldctl looks now, if anything has to be
 * known
 * @throws LdctlError when nothing was sent
 */
export async function trigger(
  connection: Connection,
  request: CheckedTrigger,
  tools: Tools,
  found: Findings | null = null,
): Promise<JobResult> {
  const own = ownOf(connection, request);
  const recall = () => [keptRun(connection, request)];
  return fromRecords(recall, tools, async ([kept = null]) => {
    // Nodes that are named need no look, and a record says what its run has found.
    const isKnown = request.nodes !== undefined || kept !== null;
    const known = found ?? (isKnown ? null : await surveyInTime(connection, request, tools.signal));
    const expect = request.nodes ? undefined : known?.expect;
    const { listed, core, spentMs } = known ?? {};
    const countAgain = request.nodes
      ? null
      : (known?.countAgain ?? (await countForRecord(connection, kept, tools.signal)));
    const isCounting = countAgain !== null;
    const plan = { ...request, ...own, listed, core, spentMs, expect, isCounting };
    return follow(connection, (now) => runJob(plan, kept, now), tools, countAgain);
  });
}

/** The run of a record may have ended before Core had counted. */
async function countForRecord(
  connection: Connection,
  kept: KeptRun | null,
  signal: AbortSignal,
): Promise<Findings['countAgain']> {
  if (kept?.record.core !== null) return null;
  // Something may have been sent, so no read that fails ends it here.
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
  return follow(connection, (now) => waitJob(plan, now), tools, countAgain);
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

/** Where it is certain which Core knows the deployment, that counts its nodes beside the job. */
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
 * As many nodes at once as the request says, from where earlier processes with the same key left
 * off.
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
  const recall = () => nodes.map((node) => keptRun(connection, { ...request, nodes: [node] }));
  return fromRecords(recall, tools, async (before) => {
    const failure = await failureOfFirstGate(connection, plan, before, tools, recall);
    // Some time may have passed since.
    const { kept, ...looked } =
      found || failure
        ? { kept: recall(), spentMs: found?.spentMs, core: found?.core, failure }
        : await lookForBusy(connection, request, recall(), recall, tools.signal);
    return follow(connection, (now) => rollJob({ ...plan, ...looked }, kept, now), tools);
  });
}

/**
 * With `gateFirst`, the gate is also run for the first node that nothing was sent to, before
 * anything is. If it fails, a new roll throws, while a resumed one reports that as its `failure`.
 * @throws LdctlError
 */
async function failureOfFirstGate(
  { clock }: Connection,
  { gateFirst, gateTimeoutMs, nodes }: CheckedRoll,
  before: Kept,
  { gate, signal, stopping = signal }: Tools,
  recall: () => Kept,
): Promise<LdctlError | undefined> {
  const node = nodes.find((_, at) => !before[at]);
  if (!gateFirst || !gate || node === undefined) return undefined;
  const ending = AbortSignal.any([signal, stopping]);
  const code = await within(gateTimeoutMs, { clock, signal: ending }, async (cut) => {
    const exitCode = await gate(node, null, { signal: cut });
    return cut.aborted ? null : exitCode;
  });
  if (countOf(recall()) === 0) ending.throwIfAborted();
  if (code === 0 || ending.aborted) return undefined;
  const how = code === null ? 'was ended' : `failed with ${code}`;
  const failure = new LdctlError('refused', 'gate_first_failed', `the first gate ${how}`, {
    hint: 'Its output says why. Fix it, or give another --gate.',
  });
  if (countOf(before) === 0) throw failure;
  return failure;
}

/**
 * With `ifBusy: 'fail'`: looks for what keeps the nodes busy that are still to be acted on. If
 * something does, a new roll throws, while a resumed one reports it as its `failure`. A roll that
 * another process has continued meanwhile throws, too: that process may be what keeps a node busy.
 * @param before what earlier processes have left
 * @param recall reads that anew: its age counts from then, and the machine may sleep while the log
 * is read
 * @throws LdctlError
 */
export async function lookForBusy(
  surveyor: Surveyor,
  request: Pick<CheckedRoll, 'runtime' | 'nodes' | 'ifBusy'>,
  before: Kept,
  recall: () => Kept,
  signal: AbortSignal,
): Promise<Pick<RollPlan, 'spentMs' | 'failure'> & { kept: Kept }> {
  const nodes = request.nodes.filter((_, at) => !before[at]);
  if (request.ifBusy !== 'fail' || nodes.length === 0) return { kept: before };
  try {
    const { spentMs } = await surveyInTime(surveyor, { ...request, nodes }, signal);
    return { spentMs, kept: recall() };
  } catch (failure) {
    const kept = recall();
    // One that is stopped does not start again from what another has left: it reports that.
    const startsAgain = !signal.aborted && countOf(kept) > countOf(before);
    if (countOf(kept) === 0 || startsAgain || !(failure instanceof LdctlError)) throw failure;
    return { failure, kept };
  }
}

/** What earlier processes with the key have left: of a run, or of each node of a roll. */
type Kept = ReadonlyArray<KeptRun | null>;

const countOf = (kept: readonly unknown[]) => kept.filter((one) => one !== null).length;

/**
 * Starts from what earlier processes with the key have left. If that fails, so that nothing was
 * sent, and another process has left more meanwhile, it starts again from that.
 */
export async function fromRecords<K extends readonly unknown[], T>(
  recall: () => K,
  { signal, stopping }: Pick<Tools, 'signal' | 'stopping'>,
  start: (kept: K) => Promise<T>,
): Promise<T> {
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
  const { apiKeyHash, newKey } = connection;
  const { idempotencyKey = newKey() } = request;
  // The command `roll` always gives one, so that `--resume` finds it.
  const keepsKey = request.idempotencyKey !== undefined;
  return { ...planOf(connection, request), apiKeyHash, idempotencyKey, keepsKey };
}

/** What the plan of every job has. */
function planOf(
  { deploymentId, tenant }: Connection,
  { timeoutMs, appearTimeoutMs: appearMs }: Pick<CheckedRoll, 'timeoutMs' | 'appearTimeoutMs'>,
) {
  return { deploymentId, tenant, timeoutMs: timeoutMs || Infinity, appearMs };
}

/** @param countAgain asks Core beside the following; null where it has answered, or is not asked */
async function follow(
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
  // If there is a result, something may have been sent. So the error is only the reason why that is
  // unconfirmed, whatever kind it is.
  const unconfirmed = error && new LdctlError('unconfirmed', error.code, error.message, error);
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
