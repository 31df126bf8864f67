import type { Activity } from '../base/activity.js';
import { Interrupted } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { followLog } from '../log/follow.js';
import { listAfter, listNewest, type ActivityFilter } from '../log/list.js';
import { openLog } from '../log/log.js';
import type { DeploymentTools } from './deployment-tools.js';
import { JobSignal } from './job-signal.js';
import type { Signal } from './old-requests.js';

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
  const log = openLog(supervisor, deploymentId, clock);
  const { batches } =
    after === null
      ? listNewest(log, { filter, limit }, { signal })
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
  { supervisor, deploymentId, clock }: DeploymentTools,
  { filter, after }: { filter: ActivityFilter; after: Id | null },
  outer: Signal | undefined,
): AsyncGenerator<Activity, void> {
  const own = new JobSignal(outer);
  const { signal } = own;
  const log = openLog(supervisor, deploymentId, clock);
  try {
    const from = after ?? (await log.newest({ signal })).entries[0]?.id ?? 0n;
    for await (const event of followLog(log, { after: from, filter, limit: 0 }, { clock, signal })) {
      if (event.event === 'activity') yield { ...event.activity };
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  } finally {
    own.release();
  }
}
