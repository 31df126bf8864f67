/*
 * Reads of one deployment's log, by how far down they go.
 */

import type { Activity } from '../base/activity.js';
import { onAbort, type Clock } from '../base/clock.js';
import { compareIds, type Id } from '../base/ids.js';
import { MAX_PAGE_SIZE, type CallOptions, type Supervisor } from '../base/supervisor.js';
import { newReading, Pages, type LogPage, type Reading } from './pages.js';
import { foundIn } from './seek.js';
import { Walk } from './walk.js';

interface DownToOptions extends CallOptions {
  /** How many pages it is expected to take, as in `Walk`. By default they are read one by one. */
  expectedPages?: number;
}

interface NodeReadOptions extends CallOptions {
  /** Asked after each page whether the entries so far show all nodes that are looked for. */
  isEnough?: (entries: readonly Activity[]) => boolean | Promise<boolean>;
}

export interface LogRead {
  /** Newest first, each once. */
  entries: Activity[];
  /** When its first request started: monotonic clock, ms. */
  startedAt: number;
  /**
   * The server's clock at the first answer, in whole seconds, ms UTC; null where it is not sent.
   */
  serverTime: number | null;
  requests: number;
  /** How many entries the log has. */
  total: number;
  /** Of a read down to an id: what else its pages had. */
  below: readonly Activity[];
  /** What its pages had of the last 30 days. Only these entries list nodes. */
  recent: readonly Activity[];
  /** How far down it went: to an id, without the entry of that id itself, or as its method says. */
  downTo: DownTo;
}

export type DownTo = Id | 'newest' | 'forNodes';

/** Some entries of the log, and how many it has. */
export type LogPart = Pick<LogRead, 'entries' | 'total'>;

export type ActivityLog = ReturnType<typeof openLog>;

/** How far a read for nodes goes: far enough for an entry of hundreds of nodes. */
const ENOUGH_ENTRIES = 1000;
/** How old the entries are where a read for nodes, or for one entry, ends. */
const ENOUGH_MS = 30 * 24 * 60 * 60_000;

/**
 * The log of one deployment. What it finds out about its pages, such as their order, it keeps: so
 * open it once. All of it throws as `Supervisor.list` does, and TransportError (exit 6) where
 * the log is not whole.
 */
export function openLog(supervisor: Pick<Supervisor, 'list'>, deploymentId: Id, clock: Clock) {
  const pages = new Pages(supervisor, deploymentId);
  const log = { pages, clock };
  return {
    /**
     * The newest entries, until a page is sure how far down it reaches: mostly the first one. The
     * first entry is the newest of the log.
     */
    newest: (options?: CallOptions): Promise<LogRead> =>
      readUntil(log, 'newest', ({ reach }) => reach !== null, options),

    /** Every entry above the id: until a page is sure that all older pages are below it. */
    downTo: async (id: Id, options?: DownToOptions): Promise<LogRead> => {
      const isPast = ({ reach }: LogPage) => reach !== null && reach <= id;
      const read = await readUntil(log, id, isPast, options);
      const above = read.entries.filter((entry) => entry.id > id);
      return { ...read, entries: above, below: read.entries.slice(above.length) };
    },

    /** Enough of the newest entries to show which nodes there are. */
    forNodes: (options?: NodeReadOptions): Promise<LogRead> => readForNodes(log, options),

    /** One entry of the last 30 days. */
    seek: async (id: Id, options?: CallOptions) => foundIn(await readForId(log, id, options), id),

    /** The whole log, newest first, or what is not older than `since` (ms UTC), as it is taken. */
    all: (options?: CallOptions & { since?: number }) => readAll(log, options),
  };
}

interface OpenLog {
  pages: Pages;
  clock: Clock;
}

/** Pages as they are taken. What is still on its way when the reader stops is cut off. */
async function* walk(
  { pages, clock }: OpenLog,
  reading: Reading,
  expectedPages: number,
): AsyncGenerator<LogPage> {
  const { signal: outer } = reading.options;
  const controller = new AbortController();
  const release = onAbort(outer, () => controller.abort(outer?.reason));
  // Each request of the reading takes its options from here.
  reading.options = { ...reading.options, signal: controller.signal };
  try {
    yield* new Walk(pages, reading, clock, expectedPages).down();
  } finally {
    release();
    controller.abort(new Error('the reader has enough'));
  }
}

/** Reads page after page until `isEnough` says so, or the log ends. */
async function readUntil(
  log: OpenLog,
  downTo: DownTo,
  isEnough: (
    page: LogPage,
    entries: readonly Activity[],
    reading: Reading,
  ) => boolean | Promise<boolean>,
  { expectedPages = 0, ...options }: DownToOptions = {},
): Promise<LogRead> {
  const reading = newReading(log.clock, options);
  const entries: Activity[] = [];
  let total = 0;
  for await (const page of walk(log, reading, expectedPages)) {
    entries.push(...page.entries);
    ({ total } = page);
    if (await isEnough(page, entries, reading)) break;
    // A poll tries its first page once, since the next poll is soon. One that goes on for many
    // pages would hardly ever be whole that way.
    reading.options = { ...reading.options, tries: 'several' };
  }
  entries.sort((a, b) => compareIds(b.id, a.id));
  const { startedAt, serverTime, requests } = reading;
  const recent = recentIn(entries, thirtyDaysAgo(log, reading));
  return { entries, recent, total, startedAt, serverTime, requests, below: [], downTo };
}

/**
 * Reads until `isEnough` says so, but no more than the newest 1,000 entries or 30 days. One entry
 * with an odd time does not end it, since that would hide nodes.
 */
function readForNodes(
  log: OpenLog,
  { isEnough, ...options }: NodeReadOptions = {},
): Promise<LogRead> {
  const isPast = pastEnough(log);
  const isAtEnd = async (page: LogPage, all: readonly Activity[], reading: Reading) => {
    if (isPast(page, reading) || all.length >= ENOUGH_ENTRIES) return true;
    return (await isEnough?.(recentIn(all, thirtyDaysAgo(log, reading)))) ?? false;
  };
  const expectedPages = ENOUGH_ENTRIES / MAX_PAGE_SIZE;
  return readUntil(log, 'forNodes', isAtEnd, { ...options, expectedPages });
}

/** Reads to where the entry of this id is, or would be. */
function readForId(log: OpenLog, id: Id, options?: CallOptions): Promise<LogRead> {
  const isPast = pastEnough(log);
  return readUntil(
    log,
    id - 1n,
    (page, _all, reading) => (page.reach !== null && page.reach < id) || isPast(page, reading),
    { ...options, expectedPages: Infinity },
  );
}

/** 30 days ago, ms UTC. Only an answer has the server's time: this machine's may be wrong. */
const thirtyDaysAgo = ({ clock }: OpenLog, { serverTime }: Reading) =>
  (serverTime ?? clock.now()) - ENOUGH_MS;

/** Without what is older. A time that cannot be true, such as one in year 1, hides nothing. */
const recentIn = (entries: readonly Activity[], since: number) =>
  entries.filter(({ created_at: at }) => {
    const time = Date.parse(at);
    return !(time > 0 && time < since);
  });

/** As `pastWhen`, for 30 days. */
const pastEnough = (log: OpenLog) => pastWhen(log.pages, (reading) => thirtyDaysAgo(log, reading));

/** Gives each page as it comes and keeps none, so that memory does not grow with the log. */
async function* readAll(
  log: OpenLog,
  { since, ...options }: CallOptions & { since?: number } = {},
): AsyncGenerator<LogPart> {
  const reading = newReading(log.clock, options);
  const isPast = since === undefined ? () => false : pastWhen(log.pages, () => since);
  for await (const page of walk(log, reading, Infinity)) {
    yield page;
    if (isPast(page, reading)) return;
  }
}

/**
 * A check to call with one page after the other: whether all that follows is older than a time. It
 * says so once a whole page of entries in a row is older, since a single one may have a time that
 * cannot be true, such as one in the year 1.
 * @param timeIn is asked once, when the first page has come
 */
function pastWhen(
  pages: Pages,
  timeIn: (reading: Reading) => number,
): (page: LogPage, reading: Reading) => boolean {
  let inRow = 0;
  let time: number | undefined;
  return ({ entries }, reading) => {
    const since = (time ??= timeIn(reading));
    for (const { created_at: at } of entries) inRow = Date.parse(at) < since ? inRow + 1 : 0;
    return inRow >= pages.size;
  };
}
