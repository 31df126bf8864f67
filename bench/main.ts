/**
 * The bench: the built command beside the smallest programs that do the same, as ratios.
 *
 *   npm run bench [-- --quick] [-- --node PROGRAM] [-- --runs N]
 *
 * Start: `--version` and `--help` to `node -e 0`, `activities list` to the smallest program of Node that does the same GET;
 * with `build/ldctl`, by that too. Reading: 100,000 entries, one more each second, to `curl | jq`; and its memory to that of a
 * read of 1,000. Wants a machine that does nothing else. `--quick` shows only that it works.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { cleanEnvironment, LDCTL } from '../test/helpers/ldctl.js';
import { ROOT } from '../test/helpers/root.js';
import { type ServedLog, withLog } from './log-server.js';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    node: { type: 'string', default: process.execPath },
  },
});
const runs = Number(values.runs ?? (values.quick ? 2 : 15));
const [entries, rounds] = values.quick ? [3000, 1] : [100_000, 3];
const BINARY = join(ROOT, 'build', 'ldctl');
/** The same GET, by as little of Node as will do. */
const SMALLEST_GET = `import { get } from 'node:http';
const { LD_SUPERVISOR_URL: url, LD_DEPLOYMENT_ID: id, LD_API_KEY: key } = process.env;
get(url + '/deployments/' + id + '/activities?page=1&results=20', { headers: { 'ld-api-key': key } }, (answer) => answer.pipe(process.stdout));
`;
/** All pages that there were at the start, over one connection. */
const CURL_JQ = 'curl --silent --fail --header "ld-api-key: $LD_API_KEY" "$PAGES" | jq --compact-output ".items[]"';
/** Has a process tell, on descriptor 3, the most memory that it held. */
const TELL = "process.on('exit', () => require('fs').writeSync(3, String(process.resourceUsage().maxRSS)))";

const folder = mkdtempSync(join(tmpdir(), 'ldctl-bench-'));
try {
  await start();
  await read();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function start(): Promise<void> {
  const env = cleanEnvironment(mkdtempSync(join(folder, 'start-')));
  const smallest = join(folder, 'get.mjs');
  writeFileSync(smallest, SMALLEST_GET);
  await withLog({ entries: 20, order: 'desc', latencyMs: 0, growthMs: 1e9 }, async (log) => {
    const all: Record<string, [program: string, ...args: string[]]> = {
      'node -e 0': [values.node, '-e', '0'],
      'smallest GET': [values.node, smallest],
    };
    const commands = { '--version': ['--version'], '--help': ['--help'], list: ['activities', 'list'] };
    for (const [name, args] of Object.entries(commands)) {
      all[name] = [values.node, LDCTL, ...args];
      if (existsSync(BINARY)) all[`binary ${name}`] = [BINARY, ...args];
    }
    const taken = new Map(Object.keys(all).map((name): [string, number[]] => [name, []]));
    // In turn, so that whatever else the machine does falls on all of them; the first turn is not counted.
    for (let turn = 0; turn <= runs; turn += 1) {
      for (const [name, [program, ...args]] of Object.entries(all)) {
        const { ms } = await timed(program, args, { ...env, ...log.env });
        if (turn > 0) taken.get(name)?.push(ms);
      }
    }
    const ms = (name: string): number => median(taken.get(name) ?? []);
    const version = spawnSync(values.node, ['--version'], { encoding: 'utf8' }).stdout.trim();
    console.log(`Node ${version}, medians of ${runs}: node -e 0 ${ms('node -e 0').toFixed(0)} ms`);
    for (const name of Object.keys(all).slice(1)) {
      const base = name.endsWith('list') ? 'smallest GET' : 'node -e 0';
      console.log(`${name.padEnd(18)} ${ratio(ms(name), ms(base))} × ${base}`);
    }
  });
}

async function read(): Promise<void> {
  const hasOthers = ['curl', 'jq'].every((name) => spawnSync(name, ['--version']).status === 0);
  for (const order of ['desc', 'asc'] as const) {
    const options = { order, latencyMs: 5, growthMs: 1000 };
    const few = await withLog({ ...options, entries: 1000 }, (log) => readAll(log));
    await withLog({ ...options, entries }, async (log) => {
      const ours: Reading[] = [];
      const theirs: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        if (hasOthers) theirs.push(await readByCurl(log));
        ours.push(await readAll(log));
      }
      const best = Math.min(...ours.map(({ ms }) => ms));
      const beside = hasOthers ? `${ratio(best, Math.min(...theirs))} × curl | jq` : 'no curl and jq to compare with';
      const memory = ratio(median(ours.map(({ peakKb }) => peakKb)), few.peakKb);
      console.log(
        `${entries} entries, ${order}: ${(best / 1000).toFixed(1)} s, ${beside}; memory ${memory} × that of 1000 entries`,
      );
    });
  }
}

interface Reading {
  ms: number;
  peakKb: number;
}

/** By the built command. @throws Error when an entry is missing, or came twice */
async function readAll(log: ServedLog): Promise<Reading> {
  const place = mkdtempSync(join(folder, 'read-'));
  const file = join(place, 'all.ndjson');
  writeFileSync(join(place, 'tell.cjs'), TELL);
  const env = { ...cleanEnvironment(place), ...log.env, NODE_OPTIONS: `--require=${join(place, 'tell.cjs')}` };
  const args = [LDCTL, 'activities', 'list', '--limit', '0', '-o', 'ndjson'];
  const { ms, told } = await timed(values.node, args, env, file);
  const ids = [...readFileSync(file, 'utf8').matchAll(/^\{"id":"?(\d+)/gm)].map(([, id = '']) => id);
  const seen = new Set(ids);
  if (seen.size !== ids.length || log.ids.some((id) => !seen.has(id)))
    throw new Error('an entry is missing, or came twice');
  return { ms, peakKb: Number(told) };
}

async function readByCurl({ env, ids }: ServedLog): Promise<number> {
  const pages = `${env.LD_SUPERVISOR_URL}/deployments/${env.LD_DEPLOYMENT_ID}/activities?page=[1-${Math.ceil(ids.length / 100)}]&results=100`;
  const all = { ...process.env, ...env, PAGES: pages };
  return (await timed('sh', ['-c', CURL_JQ], all, join(folder, 'others.json'))).ms;
}

/** Runs a program, from start to end. @throws Error when it fails */
async function timed(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  file?: string,
): Promise<{ ms: number; told: string }> {
  const out = file === undefined ? 'ignore' : openSync(file, 'w');
  const begin = performance.now();
  const child = spawn(program, args, { env, stdio: ['ignore', out, 'inherit', 'pipe'] });
  const tell = child.stdio[3];
  const [[code], told] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    tell && 'read' in tell ? text(tell) : '',
  ]);
  const ms = performance.now() - begin;
  if (typeof out === 'number') closeSync(out);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}`);
  return { ms, told };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

function ratio(one: number, other: number): string {
  return (one / other).toFixed(2);
}
