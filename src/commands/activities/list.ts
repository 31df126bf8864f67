import { isFinal, type Activity } from '../../base/activity.js';
import { Interrupted, LdctlError, UsageError, usageError, withHint } from '../../base/errors.js';
import { EXIT_CODES } from '../../base/exit-codes.js';
import { parseId } from '../../base/ids.js';
import { count } from '../../base/text.js';
import { ConnectedCommand } from '../../cli/base-command.js';
import type { CommandContext } from '../../cli/context.js';
import { readSeveralFlags, switchFlag, type FlagsOf } from '../../cli/line/flags.js';
import { isInteractive } from '../../cli/asking/prompts.js';
import {
  listSource,
  openEach,
  placed,
  printEach,
  refuseDocument,
  untilStopped,
  type Source,
} from '../../cli/reading/several.js';
import { warning } from '../../job/events.js';
import { followLog } from '../../app/follow.js';
import type { WatchResult } from '../../job/watch.js';
import { resumeCommand } from '../../app/jobs.js';
import type { OpenDeployment } from '../../app/open.js';
import { mergeNewest } from '../../log/merge.js';
import { ownListing, refuseForeign } from '../../log/foreign.js';
import { listAfter, listNewest, listOnePage, type ActivityFilter } from '../../log/list.js';
import { activityColumns } from '../../output/rows.js';
import { printList } from '../../output/list.js';
import type { PrintOptions } from '../../output/streams.js';
import type { WatchView } from '../../output/views/plain.js';
import { createWatchView } from '../../output/views.js';
import { durationFlag, valueFlag, wholeNumber } from '../../cli/line/value-flags.js';
import { filterFlags, filterOf, filtersIn } from '../../cli/reading/filters.js';
import { nameYou } from '../../cli/reading/authors.js';

const DEFAULT_LIMIT = 20;
const DEFAULT_RESULTS = 10;
/** How long `--watch` lasts off a terminal: a CI step must end, a person ends it at will. */
const UNATTENDED_TIMEOUT_MS = 10 * 60_000;

/** One page is shown as the API has it. */
const UNPAGED = ['limit', 'after', 'watch', 'follow'];
/** What one deployment alone can be asked for: its pages, what is after an id, and to be all final. */
const OF_ONE = ['page', 'results', 'after', 'watch'] as const;

const listFlags = {
  limit: wholeNumber('How many entries; 0 for all. [default: 20]', { min: 0, max: 1e9 }),
  after: valueFlag(
    'ID',
    'Only entries newer than this one, oldest first. Entries younger than a minute appear only with --follow.',
    parseId,
  ),
  page: wholeNumber('Page number, starting at 1.', {
    min: 1,
    max: 1e9,
    exclusive: UNPAGED,
  }),
  results: wholeNumber('With --page: entries per page, 1 to 100. [default: 10]', {
    min: 1,
    max: 100,
    exclusive: UNPAGED,
  }),
  ...filterFlags,
  watch: switchFlag('Update the list until all entries are completed or rejected.', {
    char: 'w',
    exclusive: ['after', 'follow'],
  }),
  follow: switchFlag('Show new entries as they come, until interrupted.', { char: 'f' }),
  'exit-status': switchFlag(
    'With --watch: exit 3 if an entry is rejected meanwhile. With --status rejected, earlier ones count too.',
  ),
  timeout: durationFlag(
    'With --watch: give up after this long. [default: never at a terminal, 10m elsewhere]',
  ),
  ...readSeveralFlags,
};
type ListFlags = FlagsOf<typeof listFlags>;

export default class ActivitiesList extends ConnectedCommand {
  static override summary = 'List the activity log, newest first.';
  static override description =
    'Lists each entry once, even if the log grows meanwhile. Filters can be repeated, or take several values with commas. ' +
    'With --watch the list stays up to date until every entry in it is completed or rejected. With --after it continues ' +
    'where an export ended.';
  static override examples = [
    'ldctl activities list --limit 5',
    'ldctl activities list --status processing --watch',
    'ldctl activities list --after 7261845022003200001 --limit 0 -o ndjson',
    'ldctl activities list --limit 0 --runtime iggy -o json | jq ".items[].node_id"',
  ];
  static override flags = listFlags;

  protected override async execute() {
    const { flags } = await this.parse(ActivitiesList);
    checkTogether(flags, this.host.output.options);
    const context = await this.open(flags, 'several');
    if (context.targets.length > 1) return ofEach(context, flags);
    const filter = await filterOf(context, flags);
    const plan = planOf(flags, filter);
    const code = await showOf(flags)(context, plan);
    // As in `tail -n 5`.
    context.sayWholeIds(filter.nodes, (node) =>
      node < 1000n ? `-n is --node; --limit ${node} lists the newest ${node}` : undefined,
    );
    return code;
  }
}

function showOf(flags: ListFlags) {
  if (flags.follow) return follow;
  return flags.watch ? watch : print;
}

/** What is asked for: the flags, read. */
type Plan = Omit<ListFlags, 'limit'> & { filter: ActivityFilter; limit: number };

const planOf = (flags: ListFlags, filter: ActivityFilter): Plan => ({
  ...flags,
  filter,
  limit: flags.limit ?? DEFAULT_LIMIT,
});

/** @throws UsageError for flags that do not go together */
function checkTogether(flags: ListFlags, options: PrintOptions) {
  if (!flags.watch && flags['exit-status']) throw new UsageError('--exit-status needs --watch');
  if (!flags.watch && flags.timeout !== undefined) throw new UsageError('--timeout needs --watch');
  if (!flags.follow) return;
  if (flags.after !== undefined && flags.limit) {
    throw new UsageError(
      '--limit cannot be used with --after and --follow: what it cuts off would be missing',
    );
  }
  refuseDocument('--follow', options);
}

/** Prints the log once, as it is read. @throws as `Supervisor.list` does */
async function print(context: CommandContext, plan: Plan) {
  const deployment = await context.deployment();
  const parts = ownListing(partsOf(deployment, plan, context.reading), deployment);
  const ready = nameYou(context, [deployment]);
  await printList(context.host.output, parts, { ...specOf(plan), ready });
  return 0;
}

/** The logs of several deployments as one list. @returns exit code */
async function ofEach(context: CommandContext, flags: ListFlags) {
  const single = OF_ONE.find((name) => flags[name] !== undefined && flags[name] !== false);
  if (single !== undefined) {
    throw usageError(
      'not_together',
      `--${single} works with one deployment only, and several are named`,
    );
  }
  const { sources, deployments, filter } = await openEach(context, flags);
  const ready = nameYou(context, deployments);
  const plan = planOf(flags, filter);
  if (flags.follow) return followEach(context, sources, plan);
  const listings = sources.map((source) => listSource(context, source, plan));
  const parts = mergeNewest(listings, plan.limit);
  context.sayWholeIds(filter.nodes);
  return printEach(context.host.output, sources, parts, { ...specOf(plan), ready });
}

/**
 * Shows what comes in any of them, until it is stopped: of each log its newest entries first, as soon
 * as they are read. @returns exit code
 */
async function followEach(context: CommandContext, sources: readonly Source[], plan: Plan) {
  const { output, clock } = context.host;
  const place = count(sources.length, 'deployment');
  const view = await createWatchView(output, { follow: true, place, clock });
  const { filter, limit } = plan;
  const followOne = async ({ deployment, name }: Source, signal: AbortSignal) => {
    if (!deployment) return;
    for await (const event of followLog({ filter, limit }, { ...deployment, clock, signal })) {
      if (event.event === 'warning') view.on(warning(event.code, `${name}: ${event.message}`));
      else if (event.event === 'listing') {
        view.on({ ...event, activities: placed(deployment, event.activities) });
      } else {
        const [activity = event.activity] = placed(deployment, [event.activity]);
        view.on({ ...event, activity });
      }
    }
  };
  const onFailure = ({ name }: Source, error: LdctlError) => {
    view.on(warning(error.code, `${name} is not followed: ${error.message}`));
    return Promise.resolve(false);
  };
  return untilStopped(context, sources, followOne, onFailure).catch((error: unknown) => {
    view.stop(error instanceof LdctlError ? error : undefined);
    return stoppedBy(error);
  });
}

/** What is followed ends with an interrupt, and was shown by then. @returns its exit code */
function stoppedBy(error: unknown) {
  if (error instanceof Interrupted) return error.exitCode;
  throw error;
}

function partsOf(
  { log, supervisor, deploymentId }: OpenDeployment,
  plan: Plan,
  reading: CommandContext['reading'],
) {
  const { filter, after, page, results } = plan;
  if (page !== undefined || results !== undefined) {
    const query = { page: page ?? 1, results: results ?? DEFAULT_RESULTS };
    return listOnePage(() => supervisor.list(deploymentId, query, reading), filter);
  }
  if (after === undefined) return listNewest(log, plan, reading);
  return listAfter(log, { ...plan, after }, reading);
}

function specOf(plan: Plan) {
  const { after, since, until, page, results } = plan;
  const isPart = (after ?? page ?? results) !== undefined || plan.limit !== DEFAULT_LIMIT;
  const timeOf = (since ?? until) ? undefined : ({ created_at: at }: Activity) => at;
  const where = (page ?? results) === undefined ? '' : ` on page ${page ?? 1}`;
  const noun =
    after === undefined
      ? `activities${where}`
      : `activities after ${after} that are older than a minute`;
  return {
    noun,
    columns: activityColumns,
    filters: filtersIn(plan),
    timeOf,
    limit: isPart ? undefined : plan.limit,
  };
}

/** Shows new entries and changes until it is stopped: they are the data. @returns exit code */
const follow = (context: CommandContext, plan: Plan) => watch(context, plan).catch(stoppedBy);

/**
 * Shows the log as it changes, until all of it is final; then the list is printed. With `--follow` it
 * has no end.
 * @returns exit code
 * @throws LdctlError when it ended otherwise; stdout is complete by then
 */
async function watch(context: CommandContext, plan: Plan) {
  const { output, clock } = context.host;
  const deployment = await context.deployment();
  // Only a terminal shows it.
  const place = output.stderr.canRedraw ? await deployment.place() : '';
  const view = await createWatchView(output, { follow: plan.follow, place, clock });
  void nameYou(context, [deployment]);
  const { after, filter, limit } = plan;
  const unattended = isInteractive(context.host) ? 0 : UNATTENDED_TIMEOUT_MS;
  const timeoutMs = plan.follow ? undefined : (plan.timeout ?? unattended) || Infinity;
  const tools = { ...deployment, ...context.reading };
  const events = followLog({ after, filter, limit, timeoutMs }, tools);
  const stop = (problem: unknown) => {
    view.stop(problem instanceof LdctlError ? problem : undefined);
    output.stdout.gone.throwIfAborted();
  };
  const ended = await showEach(events, view, deployment).catch((error: unknown) => {
    stop(error);
    throw error;
  });
  const { entries, total } = ended;
  const error = withNext(ended, deployment);
  stop(error);
  if (output.options.format !== 'ndjson') {
    await printList(output, [{ entries, total, error }], specOf(plan));
  }
  if (error) throw error;
  return EXIT_CODES[saysRejected(plan, ended) ? 'rejected' : 'done'].code;
}

/** Why it has ended too early, with what continues it. */
function withNext({ entries, error }: WatchResult, deployment: OpenDeployment) {
  const ids = entries.filter((entry) => !isFinal(entry)).map(({ id }) => id);
  const next = ids.length > 0 && `To continue: ${resumeCommand({ ids }, deployment)}`;
  const hint = [error?.hint, next].filter(Boolean).join(' ');
  return error && withHint(error, hint || undefined);
}

/** Step by step, since `for await` drops what the events return. */
async function showEach(
  events: ReturnType<typeof followLog>,
  view: WatchView,
  deployment: OpenDeployment,
) {
  let total = 0;
  for (;;) {
    const { done, value } = await events.next();
    if (done) return { ...value, total };
    if (value.event === 'listing') {
      ({ total } = value);
      refuseForeign(value.activities, deployment);
    } else if (value.event === 'activity') refuseForeign([value.activity], deployment);
    view.on(value);
  }
}

/** An entry that was rejected before counts only if that is what was asked for. */
function saysRejected(plan: Plan, { anyRejected, entries }: WatchResult) {
  if (!plan['exit-status']) return false;
  const isAsked = plan.filter.status?.includes('rejected') === true;
  return anyRejected || (isAsked && entries.some(({ status }) => status === 'rejected'));
}
