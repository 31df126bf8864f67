import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { withLog, type LogOptions } from './read-log/log.js';
import { isolated, OTHERS, readByLdctl, readByOther, type LdctlReading, type Other } from './read-log/readers.js';
import { judge } from './read-log/verdict.js';

const USAGE = `The read bench: \`ldctl activities list --limit 0 -o ndjson\` on a log that grows meanwhile, in both orders.

  --entries N   how many the log holds at the start (default 100000)
  --rounds N    how often each reader reads it; the best time of each counts (default 3)

Run \`npm run build\` first: it is the built command that is measured.
`;

const MEMORY_GOAL = 1.3;
/** How long it may take, as a share of what others take. */
const TIME_GOALS: Readonly<Record<Other, number>> = { curl: 0.5, 'curl | jq': 0.3, 'curl --parallel | jq': 1.2 };
const FEW = 1000;
const SERVER = { latencyMs: 5, growthMs: 20 };

/** @returns whether every goal was reached */
async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      entries: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '3' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return true;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-bench-'));
  try {
    let reached = true;
    for (const order of ['desc', 'asc'] as const) {
      const options = { entries: Number(values.entries), order, ...SERVER };
      if (!(await compare(options, Number(values.rounds), mkdtempSync(join(folder, order))))) reached = false;
    }
    return reached;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compare(options: LogOptions, rounds: number, folder: string): Promise<boolean> {
  const readings: LdctlReading[] = [];
  const othersMs = new Map<Other, number>();
  let wrong = 0;
  await withLog(options, async (log) => {
    const own = isolated(log, folder);
    // In turn, so that whatever else the machine does falls on all.
    for (let round = 0; round < rounds; round += 1) {
      for (const other of others()) {
        const { wallMs } = await readByOther(other, log, folder);
        othersMs.set(other, Math.min(wallMs, othersMs.get(other) ?? Infinity));
      }
      const ldctl = await readByLdctl(own, folder);
      const { given, missing, twice } = judge(ldctl, log);
      console.log(`${options.order}: ${given} entries, ${missing.length} missing, ${twice.length} twice`);
      wrong += missing.length + twice.length;
      readings.push(ldctl);
    }
  });
  const few = await readFew({ ...options, entries: FEW }, rounds, mkdtempSync(join(folder, 'few-')));
  const peakKb = median(readings.map(({ memory }) => memory.peakKb));
  const wallMs = least(readings.map((one) => one.wallMs));
  const reached = [
    verdict('peak memory', peakKb / few, MEMORY_GOAL, `${peakKb} kB, and ${few} kB for ${FEW} entries`),
    ...[...othersMs].map(([other, ms]) =>
      verdict('time', wallMs / ms, TIME_GOALS[other], `${seconds(wallMs)}, and ${seconds(ms)} by ${other}`),
    ),
  ];
  return wrong === 0 && !reached.includes(false);
}

/** Those that this machine has the programs for. */
function others(): Other[] {
  const hasJq = spawnSync('jq', ['--version']).status === 0;
  return (Object.keys(OTHERS) as Other[]).filter((other) => hasJq || !other.includes('jq'));
}

/** @returns the peak memory of a read of a short log, in kB */
function readFew(options: LogOptions, rounds: number, folder: string): Promise<number> {
  return withLog(options, async (log) => {
    const own = isolated(log, folder);
    const peaks: number[] = [];
    for (let round = 0; round < rounds; round += 1) peaks.push((await readByLdctl(own, folder)).memory.peakKb);
    return median(peaks);
  });
}

function verdict(what: string, ratio: number, goal: number, figures: string): boolean {
  const reached = ratio <= goal;
  console.log(`${what}: ${ratio.toFixed(2)} (goal: at most ${goal}) ${reached ? 'reached' : 'MISSED'}; ${figures}`);
  return reached;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function least(values: readonly number[]): number {
  return Math.min(...values);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

process.exitCode = (await main()) ? 0 : 1;
