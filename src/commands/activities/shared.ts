import * as Flags from '@oclif/core/flags';
import { RUNTIMES, STATUSES } from '../../base/activity.js';
import { parseDuration } from '../../base/durations.js';
import { UsageError } from '../../base/errors.js';
import { parseId, type Id } from '../../base/ids.js';
import { plainText } from '../../base/text.js';
import type { CommandContext } from '../../cli/context.js';
import type { FlagsOf } from '../../cli/flags.js';
import type { Target } from '../../config/target.js';
import { checkAction, isReadableRuntime, READABLE_RUNTIMES, type ActivityFilter } from '../../log/list.js';

const many = { multiple: true, multipleNonGreedy: true } as const;

export const sinceOptions = { helpValue: 'TIME', summary: 'Not older than this: 2h, or 2026-03-16T12:00:00Z.' };

/** Which entries of the log. */
export const filterFlags = {
  status: Flags.string({ ...many, helpValue: 'STATUS', summary: `Only these: ${Object.keys(STATUSES).join(', ')}.` }),
  runtime: Flags.string({
    ...many,
    helpValue: 'RUNTIME',
    summary: `Only these: ${RUNTIMES.join(', ')}, or another that the API names, such as connector:sink:pg.`,
  }),
  action: Flags.string({ ...many, helpValue: 'ACTION', summary: 'Only these; reconfigure stands for every config.' }),
  node: Flags.string({ ...many, char: 'n', aliases: ['node-id'], helpValue: 'ID', summary: 'Only these nodes.' }),
  author: Flags.string({ ...many, helpValue: 'ID', summary: 'Only what these users or keys did.' }),
  since: Flags.string(sinceOptions),
  until: Flags.string({ helpValue: 'TIME', summary: 'Not newer than this.' }),
};

/**
 * @param now for `--since 2h`: ms, UTC
 * @throws UsageError
 */
export function parseFilter(flags: Partial<FlagsOf<typeof filterFlags>>, now: number): ActivityFilter {
  const runtimes = words(flags.runtime, '--runtime');
  const unreadable = runtimes?.filter((word) => !isReadableRuntime(word));
  checkKnown(unreadable, '--runtime', READABLE_RUNTIMES);
  const statuses = words(flags.status, '--status');
  checkKnown(statuses, '--status', Object.keys(STATUSES));
  return {
    statuses,
    runtimes,
    actions: words(flags.action, '--action')?.map(checkAction),
    nodes: ids(flags.node, '--node'),
    authors: ids(flags.author, '--author'),
    since: flags.since === undefined ? undefined : parseMoment(flags.since, '--since', now),
    until: flags.until === undefined ? undefined : parseMoment(flags.until, '--until', now),
  };
}

/** The values of a flag that may be repeated and may hold comma lists. */
function words(values: readonly string[] | undefined, flag: string): string[] | undefined {
  const all = values?.flatMap((value) => value.split(',')).map((word) => word.trim());
  if (all?.includes('')) throw new UsageError(`${flag} is empty`, { hint: 'Is a variable unset?' });
  return all;
}

function ids(values: readonly string[] | undefined, flag: string): Id[] | undefined {
  return words(values, flag)?.map((word) => parseId(word, flag));
}

/** A misspelt word would match nothing, and look like an empty log. */
function checkKnown(values: readonly string[] | undefined, flag: string, known: readonly string[]): void {
  const unknown = values?.find((word) => !known.includes(word));
  if (unknown === undefined) return;
  throw new UsageError(`${flag}: there is no ${JSON.stringify(unknown)}`, {
    hint: `It is one of: ${known.join(', ')}.`,
  });
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2}))?$/;

/** A point in time: RFC 3339, a date (UTC), or how long ago. */
function parseMoment(text: string, flag: string, now: number): number {
  const moment = RFC_3339.test(text) ? Date.parse(text.toUpperCase().replace(' ', 'T')) : NaN;
  if (!Number.isNaN(moment)) return moment;
  try {
    return now - parseDuration(text, flag);
  } catch {
    throw new UsageError(`${flag}: ${JSON.stringify(text)} is not a time`, {
      code: 'invalid_time',
      hint: 'Write how long ago (90s, 2h, 7d), or a time such as 2026-03-16T12:00:00Z.',
    });
  }
}

/** The deployment by the best name that is known; by its path, which takes a request, where a terminal shows it. */
export async function shownPlace(context: CommandContext, target: Target): Promise<string> {
  const place = context.host.output.stderr.canRedraw ? await context.placeOf(target) : null;
  const { id, name } = target.deployment;
  return plainText(place?.path ?? name ?? `deployment ${id}`);
}
