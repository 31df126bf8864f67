import { ActivityLog } from '../activities/activity-log.js';
import { readHighestId } from '../activities/baseline.js';
import type { ActivityFilter } from '../activities/filter.js';
import { listAfter } from '../activities/list-after.js';
import { listActivities } from '../activities/list.js';
import { tailAfter } from '../activities/tail-after.js';
import type { Activity } from '../base/activity.js';
import { Interrupted } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import type { DeploymentTools } from './deployment-tools.js';
import { JobSignal } from './job-signal.js';
import type { Signal } from './requests.js';
import { lostSight } from './results.js';

/*
 * What is handed out is a copy: a program may change it, and the reading goes on by what the API said.
 */

/** The log once, as it is asked for. @throws as `Supervisor.list` does; Interrupted */
export async function* listedActivities(
  { supervisor, deploymentId, clock }: DeploymentTools,
  { filter, limit, after }: { filter: ActivityFilter; limit: number; after: Id | null },
  outer: Signal | undefined,
): AsyncGenerator<Activity, void> {
  const own = new JobSignal(outer);
  const { signal } = own;
  const log = new ActivityLog(supervisor, deploymentId);
  const { batches } =
    after === null
      ? listActivities(log, filter, limit, signal)
      : listAfter(log, { after, filter, limit }, { clock, signal });
  try {
    for await (const batch of batches) {
      for (const activity of batch) {
        // Of what was read before an abort, nothing more is handed out: whoever aborted is not there any more.
        signal.throwIfAborted();
        yield { ...activity };
      }
    }
  } finally {
    own.release();
  }
}

/** New entries and changes, until the caller's signal is aborted. @throws as `Supervisor.list` does, LdctlError (exit 7) */
export async function* followActivities(
  { supervisor, deploymentId, clock, random }: DeploymentTools,
  { filter, intervalMs, after }: { filter: ActivityFilter; intervalMs: number | null; after: Id | null },
  outer: Signal | undefined,
): AsyncGenerator<Activity, void> {
  const own = new JobSignal(outer);
  const { signal } = own;
  const log = new ActivityLog(supervisor, deploymentId);
  try {
    const from = after ?? (await readHighestId(log, { signal }));
    for await (const event of tailAfter(log, { after: from, filter, intervalMs }, { clock, random, signal })) {
      if (event.event === 'activity') yield { ...event.activity };
      if (event.event === 'result' && event.outcome.kind === 'gave-up') throw lostSight(event.outcome.error);
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  } finally {
    own.release();
  }
}
