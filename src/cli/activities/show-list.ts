import { ActivityLog } from '../../activities/activity-log.js';
import type { ActivityFilter } from '../../activities/filter.js';
import { listAfter } from '../../activities/list-after.js';
import { listActivities, listOnePage, type Listing } from '../../activities/list.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import type { Id } from '../../base/ids.js';
import type { Supervisor } from '../../base/supervisor.js';
import { activityColumns } from '../../output/activity-columns.js';
import { printList } from '../../output/list.js';
import type { CommandContext } from '../context.js';
import { printOptions } from '../flags.js';
import type { ListRange } from './list-request.js';
import type { LaterCommand } from '../../library/resume-command.js';
import { inSmallMemory } from './small-memory.js';

/** The log of one deployment. */
export interface LogSource {
  supervisor: Supervisor;
  deploymentId: Id;
  deploymentName: string | null;
  /** The flags of a later command that is to act on the same deployment. */
  later: LaterCommand;
}

/** Prints the log once, as it is read. @throws as `Supervisor.list` does */
export async function showList(
  { host, flags, signal }: CommandContext,
  { supervisor, deploymentId }: LogSource,
  { filter, range }: { filter: ActivityFilter; range: ListRange },
): Promise<ExitCode> {
  // When the reader of stdout goes away, nothing more is read either.
  const reading = AbortSignal.any([signal, host.output.stdout.gone]);
  const log = new ActivityLog(supervisor, deploymentId);
  const listing = listingOf();
  const noun = range.kind === 'after' ? `activities after ${range.after} that are older than a minute` : 'activities';
  const spec = { noun, columns: activityColumns, total: () => listing.total() };
  await printList(host.output, inSmallMemory(listing.batches), spec, printOptions(flags));
  return EXIT_CODES.done.code;

  function listingOf(): Listing {
    switch (range.kind) {
      case 'page':
        return listOnePage(() => supervisor.list(deploymentId, range, { signal: reading }), filter);
      case 'after':
        return listAfter(log, { ...range, filter }, { clock: host.clock, signal: reading });
      case 'newest':
        return listActivities(log, filter, range.limit, reading);
    }
  }
}
