import * as Flags from '@oclif/core/flags';
import { is } from 'valibot';
import type { OpenDeployment } from '../../app/open.js';
import { activitiesRequest, check } from '../../app/requests.js';
import { RUNTIMES, STATUSES } from '../../base/activity.js';
import { parseDuration } from '../../base/durations.js';
import { UsageError } from '../../base/errors.js';
import { plainText } from '../../base/text.js';
import type { CommandContext } from '../../cli/context.js';
import type { FlagsOf } from '../../cli/flags.js';
import type { ActivityFilter } from '../../log/list.js';
import { filled, idsFlag, MANY, nodesFlag, parsing } from '../flags.shared.js';
import { resolveNodes } from '../nodes.shared.js';

/** Words that this field of a request may have. */
const wordsFlag = (field: 'status' | 'runtime' | 'action', summary: string) =>
  Flags.custom({
    ...MANY,
    helpValue: field.toUpperCase(),
    summary,
    parse: parsing((word, flag) => {
      check(activitiesRequest.entries[field], flag, filled(word, flag));
      return word;
    }),
  })();

export const sinceOptions = {
  helpValue: 'TIME',
  summary: 'Not older than this: 2h, or 2026-03-16T12:00:00Z.',
};

/** Which entries of the log. */
export const filterFlags = {
  status: wordsFlag('status', `Only entries with this status: ${STATUSES.join(', ')}.`),
  runtime: wordsFlag(
    'runtime',
    `Only these runtimes: ${RUNTIMES.join(', ')}, or another that the API names, such as connector:sink:pg.`,
  ),
  action: wordsFlag('action', 'Only these actions; reconfigure matches any config.'),
  node: nodesFlag({ summary: 'Only these nodes.' }),
  author: idsFlag({ summary: 'Only what these users or keys did.' }),
  since: Flags.string(sinceOptions),
  until: Flags.string({
    helpValue: 'TIME',
    summary: 'Not newer than this: 1h, or a time as above.',
  }),
};

/** The filters that were given. */
export function filtersIn(flags: Partial<FlagsOf<typeof filterFlags>>): Record<string, unknown> {
  const names = Object.keys(filterFlags) as Array<keyof typeof filterFlags>;
  return Object.fromEntries(names.map((name) => [name, flags[name]]));
}

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
  const filter = check(activitiesRequest, 'filter', {
    status,
    runtime,
    action,
    nodes,
    authors,
    since,
    until,
  });
  if (filter.since !== undefined && filter.until !== undefined && filter.until < filter.since) {
    throw new UsageError('--until is before --since, so nothing can match', {
      code: 'empty_period',
      hint: 'With durations, --since is the longer one: --since 2d --until 1d.',
    });
  }
  return filter;
}

/** RFC 3339, a date (UTC), or how long ago. @param now ms, UTC */
function momentOf(text: string | undefined, flag: string, now: number): string | Date | undefined {
  if (text === undefined) return undefined;
  const moment = text.toUpperCase().replace(' ', 'T');
  if (is(activitiesRequest.entries.since, moment)) return moment;
  try {
    return new Date(now - parseDuration(text, flag));
  } catch {
    throw new UsageError(`${flag}: ${JSON.stringify(text)} is not a time`, {
      code: 'invalid_time',
      hint: 'Write how long ago (90s, 2h, 7d), or a time such as 2026-03-16T12:00:00Z.',
    });
  }
}

/** The deployment by its path, where that can be had; else by name or id. */
export async function shownPlace({ target, path: lookUp }: OpenDeployment): Promise<string> {
  await lookUp();
  const { id, name, path } = target.deployment;
  return plainText(path ?? name ?? `deployment ${id}`);
}
