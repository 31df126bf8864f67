import * as Flags from '@oclif/core/flags';
import { is } from 'valibot';
import { activitiesRequest, check } from '../app/requests.js';
import { RUNTIMES, STATUSES } from '../base/activity.js';
import { parseDuration } from '../base/durations.js';
import { usageError } from '../base/errors.js';
import type { CommandContext } from './context.js';
import { textFlag, type FlagsOf } from './flags.js';
import { listNewest, type ActivityFilter, type Listing } from '../log/list.js';
import { idsFlag, MANY, nodesFlag, parsing } from './value-flags.js';
import { resolveNodes } from './nodes.js';

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
  textFlag('TIME', 'Not older than this: 2h, or 2026-03-16T12:00:00Z.', {
    ...(span !== undefined && { default: span }),
  });

/** Which entries of the log. */
export const filterFlags = {
  status: wordsFlag('status', `Only entries with this status: ${STATUSES.join(', ')}.`),
  runtime: wordsFlag(
    'runtime',
    `Filter by runtime: ${RUNTIMES.join(', ')} (others, such as warden, as the log shows them).`,
  ),
  action: wordsFlag('action', 'Only these actions; reconfigure matches any config.'),
  node: nodesFlag({ summary: 'Only these nodes.' }),
  author: idsFlag({ summary: 'Only what these users or keys did.' }),
  since: sinceFlag(),
  until: textFlag('TIME', 'Not newer than this: 1h, or a time as above.'),
};

/** The filters that were given. */
export const filtersIn = (flags: Record<string, unknown>) =>
  Object.fromEntries(Object.keys(filterFlags).map((name) => [name, flags[name]]));

/** @throws UsageError; as `resolveNodes` does */
export async function filterOf(
  context: CommandContext,
  flags: Partial<FlagsOf<typeof filterFlags>>,
): Promise<ActivityFilter> {
  const { status, runtime, action, node, author: authors } = flags;
  const now = context.host.clock.now();
  const [since, until] = (['since', 'until'] as const).map((name) =>
    momentOf(flags[name], `--${name}`, now),
  );
  const nodes = node && (await resolveNodes(context, node));
  const given = { status, runtime, action, nodes, authors, since, until };
  const filter = check(activitiesRequest, 'filter', given);
  if (filter.since !== undefined && filter.until !== undefined && filter.until < filter.since) {
    throw usageError(
      'empty_period',
      '--until is before --since, so nothing can match',
      'With durations, --since is the longer one: --since 2d --until 1d.',
    );
  }
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
  const { log } = await context.deployment();
  const entries = listNewest(log, { filter, limit: 0 }, { signal: context.signal });
  const made = await context.during('Reading the log', () => make(entries));
  context.sayWholeIds(filter.nodes);
  return made;
}

/** RFC 3339, a date (UTC), or how long ago. @param now ms, UTC */
function momentOf(text: string | undefined, flag: string, now: number): string | Date | undefined {
  if (text === undefined) return undefined;
  const moment = text.toUpperCase().replace(' ', 'T');
  if (is(activitiesRequest.entries.since, moment)) return moment;
  const date = new Date(now - durationOf(text, flag));
  if (!Number.isNaN(date.getTime())) return date;
  throw usageError(
    'invalid_time',
    `${flag}: ${JSON.stringify(text)} is too long ago`,
    `${flag} 1970-01-01 is before any entry of the log.`,
  );
}

function durationOf(text: string, flag: string): number {
  try {
    return parseDuration(text, flag);
  } catch {
    throw usageError(
      'invalid_time',
      `${flag}: ${JSON.stringify(text)} is not a time`,
      'Write how long ago (90s, 2h, 7d), or a time such as 2026-03-16T12:00:00Z.',
    );
  }
}
