import { formatAction } from '../base/activity.js';
import type { Clock } from '../base/clock.js';
import { LdctlError, UsageError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { KeptRun, RollJournal, RunJournal } from '../base/journal.js';
import { stringifyJson } from '../base/json.js';
import { warning, type ResultEvent } from '../base/progress.js';
import type { Supervisor } from '../base/supervisor.js';
import { rollJob, runJob, waitJob, type ResumeText } from '../job/index.js';
import { drive, type DriveTools } from '../job/drive.js';
import type { ExpectedTenant } from '../job/entries.js';
import type { Job } from '../job/job.js';
import { wireKey } from '../job/wire-key.js';
import type { Settings } from '../config/settings.js';
import { openLog } from '../log/log.js';
import type { CheckedRoll, CheckedTrigger, CheckedWait, StoredRoll } from './requests.js';

/** One deployment, and what its jobs are done with, for a command or a program. */
export interface Connection {
  deploymentId: Id;
  supervisor: Supervisor;
  /** The tenant that it is known to belong to, and who says so. */
  tenant: ExpectedTenant | null;
  clock: Clock;
  /** Null: the server alone remembers a caller's key. */
  journal: RunJournal | null;
  /** Where commands find a roll again; null where they do not look. */
  rolls: RollJournal | null;
  /** A key that no other trigger has. */
  newKey?: () => string;
  /** Keeps nodes in a file for `--nodes-from`, and says where. @throws LdctlError */
  keepNodes?: (nodes: readonly Id[]) => string;
  /** The flags by which a later command acts on the same deployment, as the same user; never a key. */
  flags: readonly string[];
}

/** How a job is ended before its time. */
export type Control = Pick<DriveTools, 'signal' | 'stopping' | 'gate'>;
export type Emit = Parameters<typeof drive>[2];

/** One POST, followed to its end. @throws LdctlError when nothing was sent */
export async function trigger(
  connection: Connection,
  request: CheckedTrigger,
  control: Control,
  emit: Emit,
): Promise<ResultEvent> {
  const plan = { ...planOf(connection, request), ...targetsOf(request), wait: request.wait };
  const kept = plan.kept ? await keptRun(connection, wireKey(plan.idempotencyKey, plan)) : null;
  return run(connection, (now, text) => runJob(plan, kept, now, text), control, emit);
}

/** Follows what was dispatched before; never sends. @throws LdctlError when the log cannot be read to begin with */
export function wait(connection: Connection, request: CheckedWait, control: Control, emit: Emit): Promise<ResultEvent> {
  const { timeoutMs, appearTimeoutMs: appearMs } = request;
  const limits = { deploymentId: connection.deploymentId, timeoutMs, appearMs };
  if ('ids' in request) {
    const lowest = request.ids.reduce((low, id) => (id < low ? id : low));
    const plan = { ...limits, wanted: { ids: request.ids }, after: lowest - 1n };
    return run(connection, (now, text) => waitJob(plan, now, text), control, emit);
  }
  const { runtime, action, after } = request;
  const plan = { ...limits, wanted: { runtime, action, ...targetsOf(request) }, after };
  return run(connection, (now, text) => waitJob(plan, now, text), control, emit);
}

/**
 * Acts on one node after the other. Goes on where earlier processes with the same key were.
 * @param gate the command of the gate, where it is one that a later process can ask again; null where there is none
 * @throws LdctlError when nothing was sent to any node
 */
export async function roll(
  connection: Connection,
  request: CheckedRoll,
  { gateCommand = null, ...control }: Control & { gateCommand?: string | null },
  emit: Emit,
): Promise<ResultEvent> {
  const { gate } = control;
  const { deploymentId } = connection;
  const { nodes, maxUnavailable, pauseMs, gateTimeoutMs, nodeTimeoutMs, continueOnError } = request;
  const shared = planOf(connection, request);
  const { idempotencyKey, runtime, action } = shared;
  const key = rollKey(deploymentId, idempotencyKey);
  const stored: StoredRoll = {
    ...{ runtime, action: formatAction(action) as StoredRoll['action'], nodes: nodes.map(String), idempotencyKey },
    ...{ maxUnavailable, pauseMs, continueOnError, ifBusy: shared.ifBusy, appearTimeoutMs: shared.appearMs },
    ...{ gate: gateCommand, gateTimeoutMs: gateTimeoutMs ?? 0, nodeTimeoutMs: nodeTimeoutMs ?? 0 },
  };
  // What asks a function can only be gone on with by the program that has it.
  let isNew = false;
  let rolls = gate && gateCommand === null ? null : connection.rolls;
  try {
    const before = await rolls?.begin({
      key,
      deploymentId,
      begunAt: connection.clock.now(),
      request: stored,
      finished: false,
    });
    isNew = before === null;
    if (before && stringifyJson(before.request) !== stringifyJson(stored)) throw keyUsed(idempotencyKey);
  } catch (error) {
    // A key of the caller's own promises that nothing is done twice; a random one is used once.
    if (error instanceof UsageError || !(error instanceof LdctlError) || shared.kept) throw error;
    await emit(warning('journal_not_written', `${error.message}; this roll cannot be resumed`));
    rolls = null;
  }
  const isKept = shared.kept || rolls !== null;
  const kept = new Map<Id, KeptRun>();
  for (const node of isKept ? nodes : []) {
    const found = await keptRun(connection, wireKey(idempotencyKey, { ...shared, nodes: [node] }));
    if (found) kept.set(node, found);
  }
  const share = typeof maxUnavailable === 'number' ? maxUnavailable : (parseInt(maxUnavailable) * nodes.length) / 100;
  const how = {
    maxUnavailable: Math.max(Math.floor(share), 1),
    pauseMs,
    gateTimeoutMs,
    nodeTimeoutMs,
    continueOnError,
  };
  const plan = { ...shared, ...how, kept: isKept, nodes, gated: gate !== undefined };
  const text: ResumeText = (resume) => ('roll' in resume && !rolls ? null : resumeCommand(resume, connection));
  const end = await run(connection, (now) => rollJob(plan, kept, now, text), control, emit).catch(
    async (error: unknown) => {
      // Nothing was sent, so that there is nothing to go on with.
      if (isNew) await rolls?.finish(key, false).catch(() => undefined);
      throw error;
    },
  );
  // What cannot be noted only keeps the record for a day.
  if (end.result.resume === null) await rolls?.finish(key, true).catch(() => undefined);
  return end;
}

function keyUsed(key: string): UsageError {
  return new UsageError('this idempotency key was used for another roll; nothing was sent', {
    code: 'key_used',
    hint: `Use another key, or go on with that roll: ldctl activities roll --resume ${key}`,
  });
}

/** The key of a roll in the journal: the same KEY on two deployments is two rolls. */
export function rollKey(deploymentId: Id, key: string): string {
  return `${deploymentId}.${key}`;
}

function planOf(
  { deploymentId, tenant, newKey = () => crypto.randomUUID() }: Connection,
  request: Omit<CheckedRoll, 'nodes'> | CheckedTrigger,
) {
  const { runtime, action, ifBusy, timeoutMs, appearTimeoutMs: appearMs, idempotencyKey } = request;
  const key = { idempotencyKey: idempotencyKey ?? newKey(), kept: idempotencyKey !== undefined };
  return { deploymentId, tenant, runtime, action, ifBusy, timeoutMs, appearMs, ...key };
}

/** @throws UsageError */
function targetsOf({ nodes, expectNodes }: { nodes?: readonly Id[]; expectNodes?: number }) {
  if (!nodes || expectNodes === undefined) return { nodes: nodes ?? null, expect: expectNodes ?? null };
  throw new UsageError('expectNodes does not go with nodes: those that are named are the ones expected', {
    code: 'invalid_request',
  });
}

async function keptRun({ journal }: Connection, key: string): Promise<KeptRun | null> {
  return journal && (await journal.read(key));
}

function run(
  connection: Connection,
  start: (now: number, text: ResumeText) => Job,
  control: Control,
  emit: Emit,
): Promise<ResultEvent> {
  const { supervisor, deploymentId, clock, journal } = connection;
  const job = start(clock.elapsed(), (resume) => resumeCommand(resume, connection));
  return drive(job, { supervisor, log: openLog(supervisor, deploymentId, clock), journal, clock, ...control }, emit);
}

/** The exact command that goes on where a job ended, for any shell: only names and lists of ids may need quotes. */
export function resumeCommand(
  resume: Parameters<ResumeText>[0],
  { flags, keepNodes }: Pick<Connection, 'flags' | 'keepNodes'>,
): string {
  return ['ldctl', 'activities', ...wordsOf(resume, keepNodes), ...flags].map(shellWord).join(' ');
}

/** More nodes than that go into a file; where none can be written, into words that are not too long for a system. */
const MOST_NAMED = 100;
const MOST_IN_A_WORD = 1000;

function wordsOf(resume: Parameters<ResumeText>[0], keepNodes: Connection['keepNodes']): string[] {
  if ('roll' in resume) return ['roll', '--resume', resume.roll];
  if ('ids' in resume) return ['wait', ...resume.ids.map(String)];
  const { after, runtime, action, nodes, expect } = resume;
  const words = ['wait', '--after', String(after), '--runtime', runtime, '--action', action];
  if (nodes) words.push(...nodeWords(nodes, keepNodes));
  return expect === null ? words : [...words, '--expect-nodes', String(expect)];
}

function nodeWords(nodes: readonly Id[], keepNodes: Connection['keepNodes']): string[] {
  if (keepNodes && nodes.length > MOST_NAMED) {
    try {
      return ['--nodes-from', keepNodes(nodes)];
    } catch (error) {
      if (!(error instanceof LdctlError)) throw error;
    }
  }
  const words: string[] = [];
  for (let at = 0; at < nodes.length; at += MOST_IN_A_WORD) {
    words.push('--node', nodes.slice(at, at + MOST_IN_A_WORD).join(','));
  }
  return words;
}

function shellWord(word: string): string {
  if (/^[\w@%+=:./-]+$/.test(word)) return word;
  // PowerShell makes two words of 7,8.
  return /^[\d,]+$/.test(word) ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The tenant that is known of the target, and who says so. */
export function expectedTenant({ tenantId }: Pick<Settings, 'tenantId'>): Connection['tenant'] {
  if (tenantId === null || !('name' in tenantId.source)) return null;
  const { from, name } = tenantId.source;
  const mends = `\`ldctl profiles show ${name}\` shows what it holds; \`ldctl profiles update\` mends it.`;
  const hint = from === 'profile' ? mends : `Check ${name}, and the deployment.`;
  return { tenantId: tenantId.value, origin: from === 'profile' ? `profile ${name}` : name, hint };
}

/** Whatever an error would have meant before anything was sent: beside a result it says why that is unconfirmed. */
export function unconfirmed({ code, message, hint, requestId }: LdctlError): LdctlError {
  return new LdctlError('unconfirmed', code, message, { hint, requestId });
}
