import * as Flags from '@oclif/core/flags';
import { isFinal, type Activity } from '../../base/activity.js';
import { parseDuration } from '../../base/durations.js';
import { Interrupted, LdctlError, UsageError } from '../../base/errors.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import { parseId, type Id } from '../../base/ids.js';
import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags, printOptions, wholeNumber, type FlagsOf } from '../../cli/flags.js';
import { isInteractive, type Host } from '../../cli/host.js';
import { onSuspend, type Interrupts } from '../../cli/signals.js';
import { resumeFlags, type Target } from '../../config/target.js';
import { drive } from '../../job/drive.js';
import { createWatch, followLog } from '../../job/watch.js';
import { resumeCommand } from '../../library/jobs.js';
import { listAfter, listNewest, listOnePage, type ActivityFilter, type Listing } from '../../log/list.js';
import { openLog } from '../../log/log.js';
import { activityColumns } from '../../output/rows.js';
import { formatOf } from '../../output/formats.js';
import { printList } from '../../output/list.js';
import { createWatchView, systemEvery } from '../../output/views.js';
import { filterFlags, parseFilter, shownPlace } from './shared.js';

const DEFAULT_LIMIT = 20;
const DEFAULT_RESULTS = 10;
/** A CI step that watches must end; a person at a terminal ends it when it is enough. */
const UNATTENDED_TIMEOUT_MS = 10 * 60_000;

const listFlags = {
  limit: wholeNumber({ min: 0, max: 1e9, summary: 'How many entries; 0 for all. [default: 20]' }),
  after: Flags.string({
    helpValue: 'ID',
    summary: 'Only entries newer than this one, oldest first; those younger than a minute only with --follow.',
  }),
  page: wholeNumber({ min: 1, max: 1e9, summary: 'One raw page as the API gives it, from 1.' }),
  results: wholeNumber({ min: 1, max: 100, summary: 'How many entries a raw page has, 1 to 100. [default: 10]' }),
  ...filterFlags,
  watch: Flags.boolean({ char: 'w', summary: 'Watch what is listed until all of it is final.' }),
  follow: Flags.boolean({ char: 'f', summary: 'Show new entries as they come, until interrupted.' }),
  'exit-status': Flags.boolean({ summary: 'With --watch: exit 3 if an entry that was waited for was rejected.' }),
  timeout: Flags.string({
    helpValue: 'DURATION',
    summary: 'With --watch: give up after this. [default: none at a terminal, 10m elsewhere]',
  }),
};
type ListFlags = FlagsOf<typeof listFlags>;

export default class ActivitiesList extends BaseCommand {
  static override summary = 'The activity log, newest first.';
  static override description =
    'Reads the log whichever end it begins with, and gives each entry once although it grows meanwhile. Filters may be ' +
    'repeated, and take comma lists. With --watch it is kept up to date until all that was listed at first is final. With ' +
    '--after it goes on where an export ended: docs/scripting.md has the loop.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --limit 5',
    '<%= config.bin %> <%= command.id %> --status processing --watch',
    '<%= config.bin %> <%= command.id %> --after 7261845022003200001 --limit 0 -o ndjson',
    '<%= config.bin %> <%= command.id %> --limit 0 --runtime iggy -o json | jq .items[].node_id',
  ];
  static override flags = { ...connectionFlags, ...listFlags };

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { host } = this;
    const { flags } = await this.parse(ActivitiesList);
    const filter = parseFilter(flags, host.clock.now());
    const after = flags.after === undefined ? null : parseId(flags.after, '--after');
    const { format } = printOptions(flags);
    checkTogether(flags, format);
    const timeoutMs = flags.watch ? watchTimeout(host, flags.timeout) : null;
    const context = await CommandContext.connect(host, flags, interrupts);
    const target = await context.target();
    const { limit = DEFAULT_LIMIT, 'exit-status': exitStatus } = flags;
    if (flags.follow) return follow(context, target, { after, filter, limit });
    if (!flags.watch) return print(context, target, filter, { ...flags, limit, after });
    return watch(context, target, { filter, limit, exitStatus, timeoutMs });
  }
}

/** @throws UsageError for flags that do not go together */
function checkTogether(flags: ListFlags, format: string): void {
  const refuse = (message: string, hint?: string): never => {
    throw new UsageError(message, { hint });
  };
  const isOnePage = flags.page !== undefined || flags.results !== undefined;
  if (isOnePage && flags.limit !== undefined) refuse('--limit does not go with --page and --results');
  if (isOnePage && flags.after !== undefined) refuse('--after does not go with --page and --results');
  if (flags.watch && flags.follow) refuse('--watch ends and --follow does not: give one of them');
  if (!flags.watch && flags['exit-status']) refuse('--exit-status goes with --watch');
  if (!flags.watch && flags.timeout !== undefined) refuse('--timeout goes with --watch');
  if (isOnePage && (flags.watch || flags.follow))
    refuse('--page and --results show one page as it is; they do not go on');
  if (flags.after !== undefined && flags.watch) {
    const wait = '`ldctl activities wait` for activities that have to come to their end';
    refuse('--after does not go with --watch', `Use --follow; or ${wait}.`);
  }
  if (flags.after !== undefined && flags.follow && flags.limit) {
    refuse('--limit does not go with --after and --follow: what it cuts off would be missing');
  }
  // A document that never ends is none: its closing bracket would never come.
  if (flags.follow && (format === 'json' || format === 'yaml')) {
    refuse(`--follow has no end, and ${format} needs one`, 'Use -o ndjson: one event a line.');
  }
}

/** @returns milliseconds; null for `0`, which sets no limit */
function watchTimeout(host: Host, text: string | undefined): number | null {
  if (text === undefined) return isInteractive(host) ? null : UNATTENDED_TIMEOUT_MS;
  return parseDuration(text, '--timeout') || null;
}

/** Prints the log once, as it is read. @throws as `Supervisor.list` does */
async function print(
  context: CommandContext,
  target: Target,
  filter: ActivityFilter,
  { limit, after, page, results }: Pick<ListFlags, 'page' | 'results'> & { limit: number; after: Id | null },
): Promise<ExitCode> {
  const { output, clock } = context.host;
  const supervisor = context.supervisor(target);
  const { id } = target.deployment;
  const log = openLog(supervisor, id, clock);
  // When the reader of stdout goes away, nothing more is read either.
  const signal = AbortSignal.any([context.signal, output.stdout.gone]);
  let listing: Listing;
  if (page !== undefined || results !== undefined) {
    const query = { page: page ?? 1, results: results ?? DEFAULT_RESULTS };
    listing = listOnePage(() => supervisor.list(id, query, { signal }), filter);
  } else if (after !== null) listing = listAfter(log, { after, filter, limit }, { clock, signal });
  else listing = listNewest(log, { filter, limit }, { signal });
  const noun = after === null ? 'activities' : `activities after ${after} that are older than a minute`;
  const spec = { noun, columns: activityColumns, total: () => listing.total() };
  await printList(output, listing.batches, spec, printOptions(context.flags));
  return EXIT_CODES.done.code;
}

/** Shows new entries and changes for ever: they are the data. @throws as `followLog` does */
async function follow(
  context: CommandContext,
  target: Target,
  plan: { after: Id | null; filter: ActivityFilter; limit: number },
): Promise<ExitCode> {
  const { output, clock } = context.host;
  const { deployment } = target;
  const view = await createWatchView(output, {
    ...printOptions(context.flags),
    follow: true,
    quiet: context.flags.quiet,
    place: await shownPlace(context, target),
    clock,
    every: systemEvery,
    onSuspend,
  });
  const log = openLog(context.supervisor(target), deployment.id, clock);
  const signal = AbortSignal.any([context.signal, output.stdout.gone]);
  let problem: LdctlError | undefined;
  try {
    for await (const event of followLog(log, plan, { clock, signal })) view.on(event);
    throw new Error('what is followed for ever has ended');
  } catch (error) {
    problem = error instanceof LdctlError ? error : undefined;
    if (error instanceof Interrupted) return error.exitCode;
    throw error;
  } finally {
    view.stop(problem);
  }
}

/**
 * Keeps the list up to date until all of it is final; then it is printed.
 * @throws LdctlError when it ended otherwise; stdout is complete by then
 */
async function watch(
  context: CommandContext,
  target: Target,
  plan: { filter: ActivityFilter; limit: number; exitStatus: boolean; timeoutMs: number | null },
): Promise<ExitCode> {
  const { host, flags, settings } = context;
  const { output, clock } = host;
  const options = printOptions(flags);
  const supervisor = context.supervisor(target);
  const log = openLog(supervisor, target.deployment.id, clock);
  const signal = AbortSignal.any([context.signal, output.stdout.gone]);
  const newest = await log.newest({ signal });
  const listing = listNewest(log, plan, { signal });
  const first: Activity[] = [];
  for await (const batch of listing.batches) first.push(...batch);
  const tools = { place: await shownPlace(context, target), clock, every: systemEvery, onSuspend, quiet: flags.quiet };
  const view = await createWatchView(output, { ...options, ...tools, follow: false });
  view.on({ event: 'listing', activities: first });
  const how = { floor: -1n, endless: false };
  const job = createWatch({ ...plan, ...how, first, newest }, clock.elapsed());
  const { entries, anyRejected, error } = await drive(
    job,
    { supervisor, log, journal: null, clock, signal },
    (event) => {
      if (event.event === 'activity' || event.event === 'warning' || event.event === 'outage') view.on(event);
    },
  ).catch((thrown: unknown) => {
    view.stop();
    throw thrown;
  });
  view.stop(error ?? undefined);
  if (error?.code === 'timed_out') {
    const ids = entries.filter(({ status }) => !isFinal(status)).map(({ id }) => id);
    error.hint = `To go on: ${resumeCommand({ ids }, { flags: resumeFlags(settings, target) })}`;
  }
  if (!formatOf(options.format).events) {
    const spec = { noun: 'activities', columns: activityColumns, total: () => listing.total() };
    await printList(output, withProblem(entries, error), spec, options);
  }
  if (error) throw error;
  return plan.exitStatus && anyRejected ? EXIT_CODES.rejected.code : EXIT_CODES.done.code;
}

/** A list that is not what was waited for ends as one that broke off. */
function* withProblem(entries: readonly Activity[], problem: LdctlError | null): Generator<readonly Activity[]> {
  yield entries;
  if (problem) throw problem;
}
