import type { ActivityFilter } from '../../activities/filter.js';
import { parseAction, RUNTIMES, STATUSES, VERBS } from '../../core/activity.js';
import { parseDuration } from '../../core/durations.js';
import { UsageError } from '../../core/errors.js';
import { parseId, type Id } from '../../core/ids.js';
import { parseWholeNumber } from './node-targets.js';

export interface ListFlags {
  limit?: string;
  page?: string;
  results?: string;
  status?: string[];
  runtime?: string[];
  action?: string[];
  node?: string[];
  author?: string[];
  since?: string;
  until?: string;
}

export type ListRange = { kind: 'newest'; limit: number } | { kind: 'page'; page: number; results: number };

const DEFAULT_LIMIT = 20;
const DEFAULT_RESULTS = 10;

/** @throws UsageError */
export function parseListRange(flags: ListFlags): ListRange {
  if (flags.page === undefined && flags.results === undefined) {
    const limit = flags.limit === undefined ? DEFAULT_LIMIT : parseWholeNumber(flags.limit, '--limit', 0, 1e9);
    return { kind: 'newest', limit };
  }
  if (flags.limit !== undefined) throw new UsageError('--limit does not go with --page and --results');
  return {
    kind: 'page',
    page: flags.page === undefined ? 1 : parseWholeNumber(flags.page, '--page', 1, 1e9),
    results: flags.results === undefined ? DEFAULT_RESULTS : parseWholeNumber(flags.results, '--results', 1, 100),
  };
}

/**
 * @param now for `--since 2h`: ms, UTC
 * @throws UsageError
 */
export function parseFilter(flags: ListFlags, now: number): ActivityFilter {
  return {
    statuses: oneOf(flags.status, '--status', Object.keys(STATUSES)),
    runtimes: oneOf(flags.runtime, '--runtime', RUNTIMES),
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
function oneOf(
  values: readonly string[] | undefined,
  flag: string,
  known: readonly string[],
): string[] | undefined {
  const all = words(values, flag);
  const unknown = all?.find((word) => !known.includes(word));
  if (unknown === undefined) return all;
  throw new UsageError(`${flag}: there is no ${JSON.stringify(unknown)}`, { hint: `It is one of: ${known.join(', ')}.` });
}

/** `reconfigure` without an id stands for every config. */
function checkAction(word: string): string {
  if (!VERBS.some((verb) => verb === word)) parseAction(word);
  return word;
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
