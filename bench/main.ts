// The bench: the built command beside the smallest programs that do the same, as ratios.
//   npm run bench [-- --quick] [-- --node PROGRAM] [-- --runs N] [-- --beside OTHER/bin/run.js]
// Start: `--version` and `--help` to `node -e 0`, `activities list` to the smallest program of Node
// that does the same GET; those of `build/ldctl`, where it is there, to its own Node; each to
// another build, where one is named. Reading: 100,000 entries, one more each second, to `curl |
// jq`; and its memory to that of 10,000. A start is taken by its processor time, a reading from
// start to end; of each the best counts, since whatever else the machine does only adds to it.
// `--quick` shows that it works.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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
    beside: { type: 'string' },
    node: { type: 'string', default: process.execPath },
  },
});
const runs = Number(values.runs ?? (values.quick ? 2 : 15));
const [entries, rounds] = values.quick ? [3000, 1] : [100_000, 3];
const COMMANDS = [['--version'], ['--help'], ['activities', 'list']];
const BINARY = join(ROOT, 'build', 'ldctl');
/** The same GET, by as little of Node as will do. */
const SMALLEST_GET = `import { get } from 'node:http';
const { LD_SUPERVISOR_URL: url, LD_DEPLOYMENT_ID: id, LD_API_KEY: key } = process.env;
get(url + '/deployments/' + id + '/activities?page=1&results=20', { headers: { 'ld-api-key': key } }, (answer) => answer.pipe(process.stdout));
`;
/** All pages that there were at the start, over one connection. */
const CURL_JQ =
  'curl --silent --fail --header "ld-api-key: $LD_API_KEY" "$PAGES" | jq --compact-output ".items[]"';
/** Has a process tell, on descriptor 3, the most memory that it held. */
const TELL =
  "process.on('exit', () => require('fs').writeSync(3, String(process.resourceUsage().maxRSS)))";

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
  await withLog({ entries: 20, order: 'desc', latencyMs: 0, growthMs: 1e9 }, (log) => {
    const builds = new Map([['', [values.node, LDCTL]]]);
    if (existsSync(BINARY)) builds.set('binary ', [BINARY]);
    if (values.beside !== undefined) builds.set('other ', [values.node, values.beside]);
    const all = new Map<string, string[]>();
    for (const [build, program] of builds) {
      const node = build === 'binary ' ? nodeOfBinary() : values.node;
      all.set(`${build}node -e 0`, [node, '-e', '0']).set(`${build}smallest GET`, [node, smallest]);
      for (const args of COMMANDS) all.set(`${build}${args.join(' ')}`, [...program, ...args]);
    }
    const best = new Map<string, number>();
    // In turn, so that whatever else the machine does falls on all of them.
    for (let turn = 0; turn < runs; turn += 1) {
      for (const [name, command] of all) {
        best.set(
          name,
          Math.min(processorMs(command, { ...env, ...log.env }), best.get(name) ?? Infinity),
        );
      }
    }
    const show = (one: string, other: string): void => {
      console.log(
        `${one.padEnd(24)} ${((best.get(one) ?? NaN) / (best.get(other) ?? NaN)).toFixed(2)} × ${other}`,
      );
    };
    console.log(
      `best of ${runs}; node -e 0: ${(best.get('node -e 0') ?? NaN).toFixed(0)} ms of ${values.node}`,
    );
    for (const build of builds.keys()) {
      for (const name of COMMANDS.map((args) => args.join(' '))) {
        show(`${build}${name}`, `${build}${name.endsWith('list') ? 'smallest GET' : 'node -e 0'}`);
        if (build === '' && builds.has('other ')) show(name, `other ${name}`);
      }
    }
    return Promise.resolve();
  });
}

/** The Node that is in the executable. */
function nodeOfBinary(): string {
  const print = ['scripts/binary.js', '--print-node'];
  return spawnSync(process.execPath, print, { cwd: ROOT, encoding: 'utf8' }).stdout.trim();
}

/**
 * What a start takes of the processors, which Node does not tell of its children.
 * @throws Error when it fails
 */
function processorMs(command: string[], env: NodeJS.ProcessEnv): number {
  const timed = ['-c', 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null', 'bash', ...command];
  const { status, stderr } = spawnSync('bash', timed, { env, encoding: 'utf8' });
  const [user, system] = stderr.trim().split(/\s+/).slice(-2).map(Number);
  if (status !== 0 || user === undefined || system === undefined) {
    throw new Error(`${command.join(' ')}: ${stderr}`);
  }
  return (user + system) * 1000;
}

async function read(): Promise<void> {
  const hasOthers = ['curl', 'jq'].every((name) => spawnSync(name, ['--version']).status === 0);
  for (const order of ['desc', 'asc'] as const) {
    const options = { order, latencyMs: 5, growthMs: 1000 };
    const few = await withLog({ ...options, entries: entries / 10 }, (log) => readAll(log));
    await withLog({ ...options, entries }, async (log) => {
      const ours: Reading[] = [];
      const theirs: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        if (hasOthers) theirs.push(await readByCurl(log));
        ours.push(await readAll(log));
      }
      const best = Math.min(...ours.map(({ ms }) => ms));
      const beside = hasOthers
        ? `${(best / Math.min(...theirs)).toFixed(2)} × curl | jq`
        : 'no curl and jq to compare with';
      const memory = Math.min(...ours.map(({ peakKb }) => peakKb)) / few.peakKb;
      console.log(`${entries} entries, ${order}: ${(best / 1000).toFixed(1)} s, ${beside}`);
      console.log(
        `  in ${Math.round(few.peakKb / 1000)} MB for a tenth of them, ${memory.toFixed(2)} × that for all`,
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
  const env = {
    ...cleanEnvironment(place),
    ...log.env,
    NODE_OPTIONS: `--require=${join(place, 'tell.cjs')}`,
  };
  const args = [LDCTL, 'activities', 'list', '--limit', '0', '-o', 'ndjson'];
  const { ms, report } = await timed(values.node, args, env, file);
  const ids = [...readFileSync(file, 'utf8').matchAll(/^\{"id":"?(\d+)/gm)].map(
    ([, id = '']) => id,
  );
  const seen = new Set(ids);
  if (seen.size !== ids.length || log.ids.some((id) => !seen.has(id))) {
    throw new Error('an entry is missing, or came twice');
  }
  return { ms, peakKb: Number(report) };
}

async function readByCurl({ env, ids }: ServedLog): Promise<number> {
  const pages = `${env.LD_SUPERVISOR_URL}/deployments/${env.LD_DEPLOYMENT_ID}/activities?page=[1-${Math.ceil(ids.length / 100)}]&results=100`;
  const all = { ...process.env, ...env, PAGES: pages };
  return (await timed('sh', ['-c', CURL_JQ], all, join(folder, 'others.json'))).ms;
}

/** Runs a program, from start to end, with a file for its output. @throws Error when it fails */
async function timed(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  file: string,
): Promise<{ ms: number; report: string }> {
  const out = openSync(file, 'w');
  const start = performance.now();
  const child = spawn(program, args, { env, stdio: ['ignore', out, 'inherit', 'pipe'] });
  const tell = child.stdio[3];
  const [[code], report] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    tell && 'read' in tell ? text(tell) : '',
  ]);
  const ms = performance.now() - start;
  closeSync(out);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}`);
  return { ms, report };
}
