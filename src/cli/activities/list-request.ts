import * as Flags from '@oclif/core/flags';
import { checkAction, isReadableRuntime, READABLE_RUNTIMES, type ActivityFilter } from '../../activities/filter.js';
import { RUNTIMES, STATUSES } from '../../base/activity.js';
import { parseDuration } from '../../base/durations.js';
import { UsageError } from '../../base/errors.js';
import { parseId, type Id } from '../../base/ids.js';
import { wholeNumber, type FlagsOf } from '../flags.js';

const many = { multiple: true, multipleNonGreedy: true } as const;

export const sinceOptions = { helpValue: 'TIME', summary: 'Not older than this: 2h, or 2026-03-16T12:00:00Z.' };

/** Which entries. */
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
export type FilterFlags = FlagsOf<typeof filterFlags>;

export const listFlags = {
  limit: wholeNumber({ min: 0, max: 1e9, summary: 'How many entries; 0 for all. [default: 20]' }),
  after: Flags.string({
    helpValue: 'ID',
    summary: 'Only entries newer than this one, oldest first; those younger than a minute only with --follow.',
  }),
  page: wholeNumber({ min: 1, max: 1e9, summary: 'One raw page as the API gives it, from 1.' }),
  results: wholeNumber({ min: 1, max: 100, summary: 'How many entries a raw page has, 1 to 100. [default: 10]' }),
  ...filterFlags,
};
export type ListFlags = FlagsOf<typeof listFlags>;

export type ListRange =
  | { kind: 'newest'; limit: number }
  | { kind: 'after'; after: Id; limit: number }
  | { kind: 'page'; page: number; results: number };

const DEFAULT_LIMIT = 20;
const DEFAULT_RESULTS = 10;

/** @throws UsageError */
export function parseListRange(flags: ListFlags): ListRange {
  const { limit = DEFAULT_LIMIT, page, results } = flags;
  const after = flags.after === undefined ? undefined : parseId(flags.after, '--after');
  if (page === undefined && results === undefined) {
    return after === undefined ? { kind: 'newest', limit } : { kind: 'after', after, limit };
  }
  if (flags.limit !== undefined) throw new UsageError('--limit does not go with --page and --results');
  if (after !== undefined) throw new UsageError('--after does not go with --page and --results');
  return { kind: 'page', page: page ?? 1, results: results ?? DEFAULT_RESULTS };
}

/**
 * @param now for `--since 2h`: ms, UTC
 * @throws UsageError
 */
export function parseFilter(flags: Partial<FilterFlags>, now: number): ActivityFilter {
  return {
    statuses: oneOf(flags.status, '--status', Object.keys(STATUSES)),
    runtimes: readRuntimes(flags.runtime),
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

function readRuntimes(values: readonly string[] | undefined): string[] | undefined {
  const all = words(values, '--runtime');
  oneOf(
    all?.filter((word) => !isReadableRuntime(word)),
    '--runtime',
    READABLE_RUNTIMES,
  );
  return all;
}

/** A misspelt word would match nothing, and look like an empty log. */
function oneOf(values: readonly string[] | undefined, flag: string, known: readonly string[]): string[] | undefined {
  const all = words(values, flag);
  const unknown = all?.find((word) => !known.includes(word));
  if (unknown === undefined) return all;
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
