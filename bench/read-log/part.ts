import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ratio, table } from '../markdown.js';
import { median } from '../median.js';
import { type BenchOptions } from '../part.js';
import { GROWING, withLog, type LogOptions } from './log.js';
import { parseRatio } from './parse.js';
import { isolated, OTHERS, readByLdctl, readByOther, type LdctlReading, type Other } from './readers.js';
import { judge } from './verdict.js';

const SIZES = { whole: { entries: 100_000, rounds: 3 }, quick: { entries: 3000, rounds: 1 } };
const FEW = 1000;
const ORDERS = { desc: 'newest first', asc: 'oldest first' } as const;
type Order = keyof typeof ORDERS;

/** How long it may take, as a share of what others take. */
const TIME_GOALS: Readonly<Record<Other, number>> = { curl: 0.5, 'curl | jq': 0.3, 'curl --parallel | jq': 1.2 };
const MEMORY_GOAL = 1.3;
const PARSE_GOAL = 3;

/** What the reads in one order took, each reader's best time. */
interface Compared {
  ldctlMs: number;
  othersMs: ReadonlyMap<Other, number>;
  /** Medians, in kB. */
  peakKb: number;
  fewPeakKb: number;
}

/**
 * `ldctl activities list --limit 0 -o ndjson` on a log that grows meanwhile, beside others.
 * @throws Error when an entry is missing, or came twice
 */
export async function read({ quick }: BenchOptions): Promise<string> {
  const { entries, rounds } = quick ? SIZES.quick : SIZES.whole;
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-bench-read-'));
  const results = new Map<Order, Compared>();
  try {
    for (const order of Object.keys(ORDERS) as Order[]) {
      const place = mkdtempSync(join(folder, order));
      results.set(order, await compare({ entries, order, ...GROWING }, rounds, place));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report(entries, rounds, results);
}

async function compare(options: LogOptions, rounds: number, folder: string): Promise<Compared> {
  const readings: LdctlReading[] = [];
  const othersMs = new Map<Other, number>();
  await withLog(options, async (log) => {
    const own = isolated(log, folder);
    // In turn, so that whatever else the machine does falls on all.
    for (let round = 0; round < rounds; round += 1) {
      for (const other of others()) {
        const { wallMs } = await readByOther(other, log, folder);
        othersMs.set(other, Math.min(wallMs, othersMs.get(other) ?? Infinity));
      }
      const reading = await readByLdctl(own, folder);
      const { missing, twice } = judge(reading, log);
      if (missing.length + twice.length > 0) {
        throw new Error(`${options.order}: ${missing.length} entries are missing, ${twice.length} came twice`);
      }
      readings.push(reading);
    }
  });
  const fewPeakKb = await peakOfFew({ ...options, entries: FEW }, rounds, mkdtempSync(join(folder, 'few-')));
  const ldctlMs = Math.min(...readings.map(({ wallMs }) => wallMs));
  return { ldctlMs, othersMs, peakKb: median(readings.map(({ memory }) => memory.peakKb)), fewPeakKb };
}

/** Those that this machine has the programs for. */
function others(): Other[] {
  const hasJq = spawnSync('jq', ['--version']).status === 0;
  return (Object.keys(OTHERS) as Other[]).filter((other) => hasJq || !other.includes('jq'));
}

/** @returns the peak memory of a read of a short log, in kB */
function peakOfFew(options: LogOptions, rounds: number, folder: string): Promise<number> {
  return withLog(options, async (log) => {
    const own = isolated(log, folder);
    const peaks: number[] = [];
    for (let round = 0; round < rounds; round += 1) peaks.push((await readByLdctl(own, folder)).memory.peakKb);
    return median(peaks);
  });
}

function report(entries: number, rounds: number, results: ReadonlyMap<Order, Compared>): string {
  const all = [...results.values()];
  const row = (what: string, cell: (one: Compared) => string): string[] => [what, ...all.map(cell)];
  const times = others().map((other) =>
    row(`time, to that of \`${other.replace('|', '\\|')}\``, ({ ldctlMs, othersMs }) => {
      const ms = othersMs.get(other) ?? NaN;
      return `${ratio(ldctlMs / ms, TIME_GOALS[other])}: ${seconds(ldctlMs)} to ${seconds(ms)}`;
    }),
  );
  const memory = row(`peak memory, to that of a read of ${FEW} entries`, ({ peakKb, fewPeakKb }) => {
    return `${ratio(peakKb / fewPeakKb, MEMORY_GOAL)}: ${megabytes(peakKb)} to ${megabytes(fewPeakKb)}`;
  });
  const orders = [...results.keys()].map((order) => ORDERS[order]);
  return [
    `${entries} entries; the best of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}. In none was an entry missing, or there twice.`,
    table(['activities list --limit 0 -o ndjson', ...orders], [...times, memory]),
    `To parse a page exactly takes ${ratio(parseRatio(), PARSE_GOAL)} times as long as \`JSON.parse\`, which rounds.`,
  ].join('\n\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function megabytes(kilobytes: number): string {
  return `${(kilobytes / 1000).toFixed(0)} MB`;
}
