import { ActivityLog } from '../../activities/activity-log.js';
import { newestEntries } from '../../activities/newest-entries.js';
import { isFinal, type Activity } from '../../base/activity.js';
import { Interrupted, LdctlError, UsageError } from '../../base/errors.js';
import { activityColumns } from '../../output/activity-columns.js';
import { loadFormat } from '../../output/formats.js';
import { listWriter } from '../../output/list.js';
import { CommandContext } from '../context.js';
import { printOptions, type ConnectionFlags, type OutputFlags } from '../flags.js';
import type { Host } from '../host.js';
import type { Interrupts } from '../signals.js';
import { waitCommand } from '../../library/resume-command.js';

/** So many ids fit into a command that somebody is to copy. */
const MOST_IDS = 20;

/**
 * Why `wait` cannot wait without an id; with the command that waits for what is processing now, which is listed on
 * stderr. Where the log cannot be read, there is nothing more to say.
 * @returns the error to throw. @throws Interrupted
 */
export async function nothingToWaitFor(
  host: Host,
  flags: OutputFlags & ConnectionFlags,
  interrupts: Interrupts,
): Promise<UsageError> {
  const hint = 'Give ids of activities, or --after ID with --runtime and --action.';
  const plain = new UsageError('nothing to wait for', { hint });
  try {
    const context = await CommandContext.connect(host, flags, interrupts);
    const target = await context.target();
    const log = new ActivityLog(context.supervisor(target), target.deployment.id);
    const processing = (await newestEntries(log, context)).filter(({ status }) => !isFinal(status));
    if (processing.length === 0) return new UsageError('nothing to wait for, and nothing is processing', { hint });
    await show(context, processing);
    const ids = processing.slice(0, MOST_IDS).map(({ id }) => id);
    const command = waitCommand(ids, context.later(target));
    return new UsageError('no activity is given; these are processing', { hint: `To follow them: ${command}` });
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof LdctlError)) throw error;
    return plain;
  }
}

async function show({ host, flags }: CommandContext, processing: readonly Activity[]): Promise<void> {
  if (flags.quiet) return;
  await loadFormat('table');
  const { stderr } = host.output;
  const options = { ...printOptions(flags), format: 'table' as const, columns: undefined };
  const writer = listWriter(stderr, { noun: 'activities', columns: activityColumns }, options);
  stderr.write(writer.items(processing) + writer.end(processing.length));
}
