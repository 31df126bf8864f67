import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Activity } from '../../../src/base/activity.js';
import { type Id } from '../../../src/base/ids.js';
import {
  type ActivityPage,
  type PageQuery,
  type Supervisor,
} from '../../../src/base/supervisor.js';

/** The server's clock at the beginning; ms UTC. */
export const NOW = Date.UTC(2026, 5, 1, 12);
const DAY_MS = 24 * 60 * 60_000;

/** When the nth entry was made, from 1; ms UTC. */
export const timeOf = (n: number): number => NOW - (5000 - n) * 60_000;

export interface Habits {
  order: 'asc' | 'desc';
  /** As many as a page holds at most. */
  cap: number;
  /** How it moves, and how often an answer sees that it has: 0 to 1. */
  kind: 'still' | 'grows' | 'loses' | 'ring' | 'all' | 'cleared';
  rate: number;
  /** How many entries at the start. */
  size: number;
  /** By what it is sorted: with `time`, neighbours are out of the order of their ids. */
  sort: 'id' | 'time';
  /** So many entries in a row have the same time, as those of one trigger may. */
  together: number;
  /**
   * Whether the ones of the same time stand the other way round than the rest, where it is sorted
   * by time.
   */
  reversed: boolean;
  /** Whether half of what comes has a lower id than some that were there before. */
  late: boolean;
}

/**
 * A log that changes while it is read, with answers that overtake each other, and, where it is
 * sorted by id, with times that cannot be true.
 */
export class MovingLog implements Pick<Supervisor, 'list'> {
  /** Oldest first. */
  entries: Activity[] = [];
  readonly #habits: Habits;
  readonly #random: () => number;
  #made = 0;
  #isOdd = false;

  constructor(habits: Habits, random: () => number) {
    this.#habits = habits;
    this.#random = random;
    for (let n = 0; n < habits.size; n += 1) this.#add(false);
  }

  async list(_deploymentId: Id, query: PageQuery): Promise<ActivityPage> {
    await this.#delay();
    const { page, results } = query;
    const size = Math.min(results, this.#habits.cap);
    const all = this.#habits.order === 'desc' ? [...this.entries].reverse() : this.entries;
    const total = all.length;
    const items = all.slice((page - 1) * size, page * size);
    const answer = {
      items,
      page,
      total_results: total,
      total_pages: Math.ceil(total / size),
      serverTime: NOW,
    };
    await this.#delay();
    return answer;
  }

  /** Others come in between, and the log moves. */
  async #delay(): Promise<void> {
    for (let turns = this.#pick(4); turns > 0; turns -= 1) await Promise.resolve();
    if (this.#random() < this.#habits.rate) this.#move();
  }

  #move(): void {
    const { kind, cap, late } = this.#habits;
    // One that grows by a page with every request is never read to its end.
    const count = 1 + this.#pick(Math.min(Math.floor((cap - 1) / 2), 4));
    if (kind === 'grows' || kind === 'ring' || kind === 'all') {
      for (let n = 0; n < count; n += 1) this.#add(late);
    }
    if (kind === 'ring') this.entries = this.entries.slice(count);
    if (kind === 'loses' || (kind === 'all' && this.#random() < 0.5)) {
      this.entries = this.entries.slice(this.#pick(cap));
    }
    if (kind === 'cleared' && this.#random() < 0.2) {
      this.entries = this.entries.slice(Math.floor(this.entries.length / 2));
    }
  }

  #add(mayBeLate: boolean): void {
    const isLate = mayBeLate && this.#made > 20 && this.#random() < 0.5;
    const n = isLate ? this.#made - this.#pick(20) : (this.#made += 1);
    const id = 7301845022003200000n + BigInt(n) * 7n + BigInt(isLate ? 1 + this.#pick(6) : 0);
    const entry = {
      id,
      node_id: BigInt(n % 7),
      runtime: 'iggy',
      action: 'restart',
      status: 'completed',
      created_at: '',
    };
    entry.created_at = this.#time(n);
    if (this.entries.some((one) => one.id === id)) return;
    const rank = this.#rank(entry) - (this.#habits.reversed ? 0.5 : 0);
    const place = this.entries.findLastIndex((one) => this.#rank(one) <= rank) + 1;
    this.entries.splice(place, 0, entry);
  }

  #rank({ id, created_at: at }: Activity): number {
    return this.#habits.sort === 'time' ? Date.parse(at) || 0 : Number(id - 7301845022003200000n);
  }

  /** A minute after the one before; or, where it is not sorted by it, one that cannot be true. */
  #time(n: number): string {
    const odd = [
      '0001-01-01T00:00:00Z',
      '2099-01-01T00:00:00Z',
      new Date(NOW - 40 * DAY_MS).toISOString(),
      'nonsense',
    ];
    const byTime = this.#habits.sort === 'time';
    this.#isOdd = !byTime && !this.#isOdd && this.#random() < 0.2;
    const { together } = this.#habits;
    const about =
      timeOf(n - (n % together)) + (byTime && together === 1 ? this.#pick(3 * 60_000) : 0);
    return (this.#isOdd && odd[this.#pick(odd.length)]) || new Date(about).toISOString();
  }

  #pick(below: number): number {
    return Math.floor(this.#random() * below);
  }
}

const FILES = ['log.ts', 'pages.ts', 'walk.ts', 'seek.ts', 'list.ts'] as const;
export type LogFile = (typeof FILES)[number];
const SOURCE = new URL('../../../src/log/', import.meta.url);

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
      writeFileSync(
        join(folder, name),
        wrong.replaceAll("'../base/", `'${new URL('../base/', SOURCE).href}`),
      );
    }
    let all = {};
    for (const name of FILES) {
      all = { ...all, ...((await import(pathToFileURL(join(folder, name)).href)) as object) };
    }
    return all as T;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
