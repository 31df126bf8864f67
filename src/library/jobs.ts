import { parseAction } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { KeptRun, RunJournal } from '../base/journal.js';
import type { ResultEvent } from '../job/events.js';
import type { Supervisor } from '../base/supervisor.js';
import { openRunJournal } from '../config/journal.js';
import type { Settings } from '../config/settings.js';
import { resumeFlags, type Target } from '../config/target.js';
import { rollJob, runJob, waitJob, type ResumeText } from '../job/index.js';
import { drive, type DriveTools } from '../job/drive.js';
import type { ExpectedTenant } from '../job/entries.js';
import type { Job } from '../job/job.js';
import { wireKey } from '../job/wire-key.js';
import { openLog } from '../log/log.js';
import { lowestHeld } from '../log/seek.js';
import { shellWord } from '../base/text.js';
import type { CheckedRoll, CheckedTrigger, CheckedWait } from './requests.js';

/** One deployment, and what its jobs are done with, for a command or a program. */
export interface Connection {
  deploymentId: Id;
  supervisor: Supervisor;
  tenant: ExpectedTenant | null;
  clock: Clock;
  /** 8 digits of the hash of its API key. */
  apiKey: string;
  /** Null: the server alone remembers a caller's key. */
  journal: RunJournal | null;
  /** Whether `activities roll --resume` finds a roll again. */
  keepsRolls: boolean;
  newKey: () => string;
  /** By which a later command acts on the same deployment, as the same user; never a key. */
  flags: readonly string[];
}

/** A deployment as the commands find it, with their journal. */
export function connectionTo(
  target: Target,
  settings: Settings,
  tools: Pick<Connection, 'supervisor' | 'clock' | 'newKey'> & { folder: string },
): Connection {
  return {
    ...tools,
    deploymentId: target.deployment.id,
    apiKey: target.key.fingerprint(),
    tenant: expectedTenant(settings),
    journal: openRunJournal(tools.folder, tools.clock),
    keepsRolls: false,
    flags: resumeFlags(settings, target),
  };
}

export function expectedTenant({ tenantId }: Pick<Settings, 'tenantId'>): ExpectedTenant | null {
  if (tenantId === null || !('name' in tenantId.source)) return null;
  const { from, name } = tenantId.source;
  const origin = from === 'profile' ? `profile ${name}` : name;
  return { tenantId: tenantId.value, origin, hint: `Check ${origin}, and the deployment.` };
}

/** How a job is ended before its time, and who hears of it. */
export type Tools = Pick<DriveTools, 'signal' | 'stopping' | 'gate'> & {
  emit: Parameters<typeof drive>[2];
};

/** One POST, followed to its end. @throws LdctlError when nothing was sent */
export async function trigger(
  connection: Connection,
  request: CheckedTrigger,
  tools: Tools,
): Promise<ResultEvent> {
  const counts = { listed: null, core: request.expectNodes ?? null };
  const plan = {
    ...planOf(connection, request),
    ...targetsOf(request),
    ...counts,
    wait: request.wait,
  };
  const kept = plan.kept ? connection.journal?.read(wireKey(plan.idempotencyKey, plan)) : null;
  return follow(connection, (now, text) => runJob(plan, kept ?? null, now, text), tools);
}

/**
 * Follows what was dispatched before; never sends.
 * @throws LdctlError when the log cannot be read to begin with, or holds none of the ids (exit 5)
 */
export async function wait(
  connection: Connection,
  request: CheckedWait,
  tools: Tools,
): Promise<ResultEvent> {
  const { timeoutMs, appearTimeoutMs: appearMs } = request;
  const limits = {
    deploymentId: connection.deploymentId,
    timeoutMs: timeoutMs || Infinity,
    appearMs,
  };
  const plan =
    'ids' in request
      ? {
          wanted: { ids: request.ids },
          after: (await lowestIn(connection, request.ids, tools.signal)) - 1n,
        }
      : {
          wanted: { ...request, action: parseAction(request.action), ...targetsOf(request) },
          after: request.after,
        };
  return follow(connection, (now, text) => waitJob({ ...limits, ...plan }, now, text), tools);
}

/** No read has to go down to an id that is not there. */
function lowestIn(
  { supervisor, deploymentId, clock }: Connection,
  ids: readonly Id[],
  signal: AbortSignal,
): Promise<Id> {
  const log = openLog(supervisor, deploymentId, clock);
  return lowestHeld(ids, (id) => log.seek(id, { signal }), clock, signal);
}

/**
 * One node after the other; goes on where earlier processes with the same key were.
 * @throws LdctlError when nothing was sent
 */
export async function roll(
  connection: Connection,
  request: CheckedRoll,
  tools: Tools,
): Promise<ResultEvent> {
  const { nodes, maxUnavailable: most, gateTimeoutMs, nodeTimeoutMs } = request;
  const shared = planOf(connection, request);
  const kept = new Map<Id, KeptRun>();
  for (const node of shared.kept ? nodes : []) {
    const found = connection.journal?.read(
      wireKey(shared.idempotencyKey, { ...shared, nodes: [node] }),
    );
    if (found) kept.set(node, found);
  }
  const plan = {
    ...request,
    ...shared,
    gated: tools.gate !== undefined,
    maxUnavailable:
      typeof most === 'number'
        ? most
        : Math.max(Math.floor((parseInt(most) * nodes.length) / 100), 1),
    gateTimeoutMs: gateTimeoutMs || Infinity,
    nodeTimeoutMs: nodeTimeoutMs || Infinity,
  };
  return follow(connection, (now, text) => rollJob(plan, kept, now, text), tools);
}

function planOf(
  { deploymentId, tenant, apiKey, newKey }: Connection,
  request: CheckedRoll | CheckedTrigger,
) {
  const { runtime, action, ifBusy, timeoutMs, appearTimeoutMs: appearMs, idempotencyKey } = request;
  const shared = {
    deploymentId,
    tenant,
    apiKey,
    runtime,
    action: parseAction(action),
    ifBusy,
    appearMs,
  };
  const key = { idempotencyKey: idempotencyKey ?? newKey(), kept: idempotencyKey !== undefined };
  return { ...shared, ...key, timeoutMs: timeoutMs || Infinity };
}

function targetsOf({
  nodes,
  expectNodes,
}: {
  nodes?: readonly Id[];
  expectNodes?: number | undefined;
}) {
  return nodes ? { nodes, expect: null } : { nodes: null, expect: expectNodes ?? null };
}

async function follow(
  connection: Connection,
  start: (now: number, text: ResumeText) => Job,
  { emit, ...control }: Tools,
): Promise<ResultEvent> {
  const { supervisor, deploymentId, clock, journal } = connection;
  const job = start(clock.elapsed(), (resume) => resumeCommand(resume, connection));
  const log = openLog(supervisor, deploymentId, clock);
  const { error, ...end } = await drive(job, { supervisor, log, clock, journal, ...control }, emit);
  if (!error) return { ...end, error };
  // Whatever it would have meant before anything was sent: beside a result it says why that is
  // unconfirmed.
  const { code, message, hint, requestId } = error;
  return { ...end, error: new LdctlError('unconfirmed', code, message, { hint, requestId }) };
}

type Resume = Parameters<ResumeText>[0];

/**
 * The exact command that goes on where a job ended; null where only the caller's own program can.
 */
export function resumeCommand(
  resume: Resume,
  { flags = [], keepsRolls }: Partial<Connection>,
): string | null {
  if ('roll' in resume && !keepsRolls) return null;
  return ['ldctl', 'activities', ...wordsOf(resume), ...flags].map(shellWord).join(' ');
}

function wordsOf(resume: Resume): string[] {
  if ('roll' in resume) return ['roll', '--resume', resume.roll];
  if ('ids' in resume) return ['wait', ...resume.ids.map(String)];
  const { after, runtime, action, nodes, expect } = resume;
  const words = ['wait', '--after', String(after), '--runtime', runtime, '--action', action];
  // A system takes words of 128 kB at most.
  for (let at = 0; nodes && at < nodes.length; at += 1000) {
    words.push('--node', nodes.slice(at, at + 1000).join());
  }
  return expect === null ? words : [...words, '--expect-nodes', String(expect)];
}
