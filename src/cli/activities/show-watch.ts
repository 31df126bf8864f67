import { ActivityLog } from '../../activities/activity-log.js';
import { watchLog, type WatchResult } from '../../activities/watch-log.js';
import { isFinal, type Activity } from '../../base/activity.js';
import { LdctlError } from '../../base/errors.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import type { Id } from '../../base/ids.js';
import type { Supervisor } from '../../base/supervisor.js';
import { lostSight } from '../../library/results.js';
import type { ActivityFilter } from '../../log/list.js';
import { activityColumns } from '../../output/activity-columns.js';
import { printList } from '../../output/list.js';
import { placeOf } from '../../output/run-text.js';
import { createWatchView, systemEvery } from '../../output/views.js';
import { formatOf } from '../../output/formats.js';
import type { CommandContext } from '../context.js';
import { printOptions } from '../flags.js';
import { onSuspend } from '../signals.js';
import { waitCommand, type LaterCommand } from '../../library/resume-command.js';

interface LogSource {
  supervisor: Supervisor;
  deploymentId: Id;
  deploymentName: string | null;
  later: LaterCommand;
}

export interface WatchRequest {
  filter: ActivityFilter;
  /** How many entries it begins with; 0 for all. */
  limit: number;
  exitStatus: boolean;
  timeoutMs: number | null;
}

/**
 * Shows the log and keeps it up to date, to its end; then it is printed as a list.
 * @throws LdctlError when it ended otherwise than by what was waited for; stdout is complete by then
 */
export async function showWatch(
  { host, flags, signal }: CommandContext,
  { supervisor, deploymentId, deploymentName, later }: LogSource,
  request: WatchRequest,
): Promise<ExitCode> {
  const { output, clock, random } = host;
  const options = printOptions(flags);
  const view = await createWatchView(output, {
    ...options,
    follow: false,
    quiet: flags.quiet,
    place: placeOf({ id: deploymentId, name: deploymentName }),
    clock,
    every: systemEvery,
    onSuspend,
  });
  const watching = AbortSignal.any([signal, output.stdout.gone]);
  const log = new ActivityLog(supervisor, deploymentId);
  const plan = { ...request, untilFinal: true, intervalMs: null };
  const events = watchLog(log, plan, { clock, random, signal: watching });
  let ended: WatchResult | null = null;
  let problem: LdctlError | null = null;
  try {
    for await (const event of events) {
      if (event.event === 'result') ended = event;
      else if (isShown(event)) view.on(event);
    }
    if (ended === null) throw new Error('the watch ended without a result');
    problem = problemOf(ended, later);
  } finally {
    view.stop(problem ?? undefined);
  }
  if (!formatOf(options.format).events) {
    const spec = { noun: 'activities', columns: activityColumns, total: () => ended.total };
    await printList(output, withProblem(ended.entries, problem), spec, options);
  }
  if (problem) throw problem;
  return request.exitStatus && ended.anyRejected ? EXIT_CODES.rejected.code : EXIT_CODES.done.code;
}

const SHOWN = ['listing', 'activity', 'warning', 'outage'] as const;

function isShown<E extends { event: string }>(event: E): event is E & { event: (typeof SHOWN)[number] } {
  return SHOWN.some((name) => name === event.event);
}

/** A list that is not what was waited for ends as one that broke off. */
function* withProblem(entries: readonly Activity[], problem: LdctlError | null): Generator<readonly Activity[]> {
  yield entries;
  if (problem) throw problem;
}

function problemOf({ outcome, entries }: WatchResult, later: LaterCommand): LdctlError | null {
  switch (outcome.kind) {
    case 'settled':
      return null;
    case 'interrupted':
      return outcome.reason;
    case 'gave-up':
      return lostSight(outcome.error);
    case 'deadline': {
      const ids = entries.filter(({ status }) => !isFinal(status)).map(({ id }) => id);
      return new LdctlError('timedOut', 'timed_out', `timed out: ${ids.length} still processing`, {
        hint: `To go on: ${waitCommand(ids, later)}`,
      });
    }
  }
}
