import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transformSync } from 'rolldown/utils';
import { type Id } from '../../../src/base/ids.js';
import { type ActivityPage, type PageQuery } from '../../../src/base/supervisor.js';
import { type VirtualClock } from '../../helpers/clock.js';
import { VirtualServer } from '../../helpers/virtual-server.js';

/** The server's clock at the beginning; ms UTC. */
export const NOW = Date.UTC(2026, 5, 1, 12);
const DAY_MS = 24 * 60 * 60_000;
const BASE_ID = 7301845022003200000n;

const ODD_TIMES = [
  '0001-01-01T00:00:00Z',
  '2099-01-01T00:00:00Z',
  new Date(NOW - 40 * DAY_MS).toISOString(),
  'nonsense',
];

/** When the nth entry was made, from 1; ms UTC. */
export const timeOf = (n: number): number => NOW - (5000 - n) * 60_000;

export interface Habits {
  order: 'asc' | 'desc';
  /** How many entries a page holds at most. */
  cap: number;
  /** How it moves; `ring`: as many go as come. */
  kind: 'still' | 'grows' | 'loses' | 'ring' | 'all' | 'cleared';
  /** How likely it moves before an answer, and after one: 0 to 1. */
  rate: number;
  /** How many entries at the start. */
  size: number;
  /** By what it is sorted; by `time`, ids are not in their order. */
  sort: 'id' | 'time';
  /** How many entries in a row have the same time, as those of one trigger may. */
  together: number;
  /** Sorted by time: whether entries of the same time are in the opposite order. */
  reversed: boolean;
  /** Whether half of what comes has a lower id than entries that were there before. */
  late: boolean;
}

export type Entry = VirtualServer['log']['entries'][number];

/**
 * A log that changes while it is read, with answers that overtake each other, and, where it is
 * sorted by id, with times that cannot be true.
 */
export class MovingLog extends VirtualServer {
  readonly #habits: Habits;
  readonly #random: () => number;
  /** By what each entry is sorted. */
  readonly #ranks = new Map<Entry, number>();
  #made = 0;
  #isOdd = false;

  constructor(clock: VirtualClock, habits: Habits, random: () => number) {
    super(clock, { order: habits.order });
    this.#habits = habits;
    this.#random = random;
    for (let n = 0; n < habits.size; n += 1) this.#grow(false);
  }

  override async list(deployment: Id, { page, results }: PageQuery): Promise<ActivityPage> {
    assert.ok(page >= 1 && results >= 1, 'a server counts from 1');
    await this.#delay();
    const size = Math.min(results, this.#habits.cap);
    const answer = await super.list(deployment, { page, results: size });
    await this.#delay();
    return answer;
  }

  /** Lets other requests overtake this one, and the log move. */
  async #delay(): Promise<void> {
    for (let turns = this.#pick(4); turns > 0; turns -= 1) await Promise.resolve();
    if (this.#random() < this.#habits.rate) this.#move();
  }

  #move(): void {
    const { kind, cap, late } = this.#habits;
    const { entries } = this.log;
    // Fewer than half a page: a log that grows by a page with every request is never read whole.
    const count = 1 + this.#pick(Math.min(Math.floor((cap - 1) / 2), 4));
    if (kind === 'grows' || kind === 'ring' || kind === 'all') {
      for (let n = 0; n < count; n += 1) this.#grow(late);
    }
    if (kind === 'ring') entries.splice(0, count);
    if (kind === 'loses' || (kind === 'all' && this.#random() < 0.5)) {
      entries.splice(0, this.#pick(cap));
    }
    if (kind === 'cleared' && this.#random() < 0.2) {
      entries.splice(0, Math.ceil(entries.length / (1 + this.#pick(3))));
    }
  }

  #grow(mayBeLate: boolean): void {
    const isLate = mayBeLate && this.#made > 20 && this.#random() < 0.5;
    const n = isLate ? this.#made - this.#pick(20) : (this.#made += 1);
    const id = BASE_ID + BigInt(n) * 7n + BigInt(isLate ? 1 + this.#pick(6) : 0);
    const created_at = this.#time(n);
    const { entries } = this.log;
    if (isLate && entries.some((one) => one.id === id)) return;
    const entry: Entry = {
      id,
      node_id: BigInt(n % 7),
      appears_at: 0,
      finishes_at: 0,
      result: 'completed',
      author_id: 42n,
      runtime: 'iggy',
      action: 'restart',
      created_at,
    };
    const rank = this.#habits.sort === 'time' ? Date.parse(created_at) || 0 : Number(id - BASE_ID);
    this.#ranks.set(entry, rank);
    const most = rank - (this.#habits.reversed ? 0.5 : 0);
    const place = entries.findLastIndex((one) => (this.#ranks.get(one) ?? 0) <= most) + 1;
    entries.splice(place, 0, entry);
  }

  /** A minute after the one before; or, where it is not sorted by it, one that cannot be true. */
  #time(n: number): string {
    const byTime = this.#habits.sort === 'time';
    this.#isOdd = !byTime && !this.#isOdd && this.#random() < 0.2;
    const { together } = this.#habits;
    const about =
      timeOf(n - (n % together)) + (byTime && together === 1 ? this.#pick(3 * 60_000) : 0);
    return (
      (this.#isOdd && ODD_TIMES[this.#pick(ODD_TIMES.length)]) || new Date(about).toISOString()
    );
  }

  #pick(below: number): number {
    return Math.floor(this.#random() * below);
  }
}
const FILES = ['log.ts', 'pages.ts', 'walk.ts', 'seek.ts', 'list.ts'] as const;
export type LogFile = (typeof FILES)[number];
const SOURCE = new URL('../../../src/log/', import.meta.url);
/** Those that the test has too, so that an error is of the same class. */
const BASE = new URL('.', import.meta.resolve('../../../src/base/ids.js')).href;

const compiled = (name: string): string => name.replace('.ts', '.js');

/**
 * What `src/log` exports, with a mistake in one of its files.
 * @throws Error when the text that is to be replaced is not there once
 */
export async function sabotaged<T>(file: LogFile, text: string, mistake: string): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-sabotage-'));
  try {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    for (const name of FILES) {
      const right = readFileSync(new URL(name, SOURCE), 'utf8');
      if (name === file && right.split(text).length !== 2) {
        throw new Error(`${file} does not hold this once: ${text}`);
      }
      const wrong = name === file ? right.replace(text, () => mistake) : right;
      const { code } = transformSync(name, wrong.replaceAll("'../base/", `'${BASE}`));
      writeFileSync(join(folder, compiled(name)), code);
    }
    let all = {};
    for (const name of FILES) {
      all = {
        ...all,
        ...((await import(pathToFileURL(join(folder, compiled(name))).href)) as object),
      };
    }
    return all as T;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
