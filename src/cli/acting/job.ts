/*
 * A job on a deployment, for trigger, roll and wait: opened, shown while it runs, and how it ended.
 */

import type { Activity } from '../../base/activity.js';
import { optional } from '../../base/clock.js';
import type { Id } from '../../base/ids.js';
import type { ResultFields } from '../../base/outcome.js';
import { shellWord } from '../../base/text.js';
import type { CommandContext } from '../context.js';
import type { Host } from '../host.js';
import type { Order } from '../../app/order.js';
import type { JobResult, Tools } from '../../app/jobs.js';
import type { Connection, OpenDeployment } from '../../app/open.js';
import { lastCompletedBefore } from '../../log/nodes.js';
import type { Ended } from '../../output/github.js';
import { printRunResult } from '../../output/run-result.js';
import type { LastCompleted } from '../../output/next-steps.js';
import { createRunView } from '../../output/views.js';
import { headlineText, whereText } from './sentences.js';
import { viewOf } from './consent.js';

/** Opens the deployment, and says which variables override the profile, before any question. */
export async function openForJob(context: CommandContext) {
  const { target } = context;
  const deployment = await target.open();
  const { overrides } = target.settings;
  if (overrides) context.say(overrides);
  return deployment;
}

/**
 * Shows a job while it runs.
 * @param order what is done; null where activities are followed
 * @param how the flags that say how it goes, for a command that goes on differently
 * @returns how it ended, where, and what to say of it
 * @throws what the job throws before anything was sent
 */
async function followJob(
  context: CommandContext,
  deployment: OpenDeployment,
  order: Order | null,
  run: (tools: Tools) => Promise<JobResult>,
  how: readonly string[] = [],
) {
  const { host, signal } = context;
  const { output, clock } = host;
  await deployment.place();
  const place = whereText(deployment);
  const headline = order
    ? headlineText(order, place, viewOf(host))
    : `Following activities on ${place}`;
  const action = order?.action ?? null;
  const view = await createRunView(output, { headline, action, clock });
  /** When the first of what an earlier run has sent was sent. */
  let sentAt: number | undefined;
  const emit: Tools['emit'] = async (event) => {
    if (event.event === 'dispatched' && event.earlier) {
      sentAt = Math.min(sentAt ?? Infinity, clock.elapsed() - event.earlier.ageMs);
    }
    view.on(event);
    // A gate that writes faster than stderr is read is slowed down.
    if (event.event === 'gate_output') await output.stderr.drained().catch(() => undefined);
  };
  const startedAt = clock.elapsed();
  const end = await run({ signal, emit }).finally(() => view.stop());
  // Else it would have thrown why nothing was.
  if (order) host.mayHaveSent = true;
  const endedAt = clock.elapsed();
  const facts = {
    ranMs: endedAt - startedAt,
    ...(sentAt !== undefined && { earlierMs: endedAt - sentAt }),
    how: how.map(shellWord).join(' '),
    flags: deployment.flags.map(shellWord).join(' '),
    lastCompleted: await lastCompletedOn(deployment, end.result, signal),
  };
  return { ...end, place, facts };
}

/**
 * Shows a job while it runs, and how it ended.
 * @returns the exit code of its outcome @throws as `followJob` does
 */
export async function showJob(...asked: Parameters<typeof followJob>) {
  const [{ host }] = asked;
  const { result, error, exitCode, place, facts } = await followJob(...asked);
  await printRunResult(host.output, result, facts, error);
  await reportToRunner(host, result, place);
  return exitCode;
}

/** In GitHub Actions, whose runner shows more than text. */
async function reportToRunner({ output, env }: Host, result: Ended, place: string) {
  if (env.GITHUB_ACTIONS !== 'true') return;
  const { reportToGitHub } = await import('../../output/github.js');
  await reportToGitHub(output, env, result, place);
}

/** By node; null where it is not known. */
type ByNode = ReadonlyMap<Id, LastCompleted | null>;

/**
 * What was last completed on each node that rejected the action: the API gives no reason, and the
 * log often does. It is looked up once the result stands, among the newest 1,000 entries at most,
 * and nothing that happens here changes that result.
 */
async function lastCompletedOn(
  { log, clock }: Connection,
  result: ResultFields,
  signal: AbortSignal,
): Promise<ByNode> {
  if (!result.nodes.some(({ status }) => status === 'rejected')) return new Map();
  const isEnough = (entries: readonly Activity[]) =>
    ![...lastCompletedIn(entries, result).values()].includes(null);
  const read = await optional({ clock, signal }, (limited) =>
    log.forNodes({ signal: limited, isEnough }),
  ).catch(() => null);
  return lastCompletedIn(read?.entries ?? [], result);
}

function lastCompletedIn(entries: readonly Activity[], { nodes, runtime }: ResultFields): ByNode {
  const found = new Map<Id, LastCompleted | null>();
  for (const { node_id, activity_id: id, status } of nodes) {
    if (node_id === null || id === null || status !== 'rejected') continue;
    const own = entries.find((entry) => entry.id === id)?.runtime ?? runtime ?? '';
    const last = lastCompletedBefore(entries, { id, node_id, runtime: own });
    const completed = last && {
      activity_id: last.id,
      action: last.action,
      finished_at: last.finished_at ?? null,
    };
    found.set(node_id, completed);
  }
  return found;
}
