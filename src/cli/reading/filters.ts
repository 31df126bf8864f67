import * as Flags from '@oclif/core/flags';
import type { OpenDeployment } from '../../app/open.js';
import { activitiesRequest, check } from '../../app/requests.js';
import { RUNTIMES, STATUSES } from '../../base/activity.js';
import { usageError } from '../../base/errors.js';
import type { CommandContext } from '../context.js';
import { textFlag, type FlagsOf } from '../line/flags.js';
import { momentOf } from '../line/moments.js';
import { ownListing } from '../../log/foreign.js';
import { listNewest, type ActivityFilter, type Listing } from '../../log/list.js';
import { MANY, nodesFlag, parsing } from '../line/value-flags.js';
import { authorsOf, authorsFlag } from './authors.js';
import { resolveNodes } from '../asking/named-nodes.js';

/** Words that this field of a request may have. Upper case does not count, but for a connector's id. */
const wordsFlag = (field: 'status' | 'runtime' | 'action', summary: string) =>
  Flags.custom({
    ...MANY,
    helpValue: field.toUpperCase(),
    summary,
    parse: parsing((typed, flag) => {
      const word = typed.replace(/^[^:]+/, (name) => name.toLowerCase());
      check(activitiesRequest.entries[field], flag, word);
      return word;
    }),
  })();

/** @param span how far back it reaches where it is not given */
export const sinceFlag = (span?: string) =>
  textFlag(
    'TIME',
    'Not older than this: 2h, yesterday, or 2026-03-16T12:00:00Z.',
    span === undefined ? {} : { default: span },
  );

/** Which entries of the log. */
export const filterFlags = {
  status: wordsFlag('status', `Only entries with this status: ${STATUSES.join(', ')}.`),
  runtime: wordsFlag(
    'runtime',
    `Filter by runtime: ${RUNTIMES.join(', ')} (others, such as warden, as the log shows them).`,
  ),
  action: wordsFlag('action', 'Only these actions; reconfigure matches any config.'),
  node: nodesFlag({ summary: 'Only these nodes.' }),
  author: authorsFlag,
  since: sinceFlag(),
  until: textFlag('TIME', 'Not newer than this: 1h, or a time as above.'),
};

/** The filters that were given. @param span the default of `--since`, which nobody gave */
export function filtersIn(flags: Record<string, unknown>, span?: string) {
  const filters = Object.fromEntries(Object.keys(filterFlags).map((name) => [name, flags[name]]));
  return filters.since === span ? { ...filters, since: undefined } : filters;
}

/** @throws UsageError; as `resolveNodes` does */
export async function filterOf(
  context: CommandContext,
  flags: Partial<FlagsOf<typeof filterFlags>>,
  several?: readonly OpenDeployment[],
): Promise<ActivityFilter> {
  const { status, runtime, action, node, author } = flags;
  const { clock, output } = context.host;
  const reading = { now: clock.now(), utc: output.options.utc };
  const momentIn = (name: 'since' | 'until') => {
    const text = flags[name];
    return text === undefined ? null : momentOf(text, { ...reading, flag: `--${name}` });
  };
  const [since, until] = [momentIn('since'), momentIn('until')];
  const nodes = node && (await resolveNodes(context, node.flat(), several));
  const authors = author && (await authorsOf(context, author, several));
  const given = { status, runtime, action, nodes, authors, since: since?.at, until: until?.at };
  const filter = check(activitiesRequest, 'filter', given);
  if (filter.since !== undefined && filter.until !== undefined && filter.until < filter.since) {
    throw usageError(
      'empty_period',
      '--until is before --since, so nothing can match',
      'With durations, --since is the longer one: --since 2d --until 1d.',
    );
  }
  for (const moment of [since, until]) if (moment?.note) context.say(moment.note);
  return filter;
}

/**
 * Makes something of all entries that the filters let through, newest first.
 * @throws as `filterOf`
 */
export async function summarize<T>(
  context: CommandContext,
  flags: Partial<FlagsOf<typeof filterFlags>>,
  make: (entries: Listing) => Promise<T>,
) {
  const filter = await filterOf(context, flags);
  const deployment = await context.deployment();
  const { signal } = context;
  const entries = listNewest(deployment.log, { filter, limit: 0 }, { signal });
  const own = ownListing(entries, deployment);
  const made = await context.during('Reading the log', () => make(own));
  context.sayWholeIds(filter.nodes);
  return made;
}
