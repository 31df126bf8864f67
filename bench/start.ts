import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadedBy } from '../test/helpers/loaded.js';
import { measure } from './start/measure.js';
import { tables, type Figures } from './start/report.js';
import { serveLog } from './start/server.js';
import { BASES, findPeers, nodeSubjects, peerTimed } from './start/subjects.js';

const USAGE = `The start bench: whole processes of the built command, in turn, as ratios of medians.

  --runs N         how often each is started (default 15)
  --node PROGRAM   another Node to measure with, beside the one this runs by; may be repeated
  --peers FOLDER   where other CLIs are installed by npm; without it they are named as not measured
  --print          prints the tables only; by default they are also written to docs/performance.md

Run \`npm run build\` first: it is the built command that is measured.
`;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PAGE = join(ROOT, 'docs', 'performance.md');
const [START, STOP] = ['<!-- start -->', '<!-- start stop -->'];
const LOADED = [['--version'], ['--help'], ['profiles', 'list'], ['activities', 'list'], ['activities', 'trigger', 'iggy', 'restart', '--yes', '--no-wait']];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '15' },
      node: { type: 'string', multiple: true, default: [] },
      peers: { type: 'string' },
      print: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-bench-start-'));
  try {
    const text = tables(await figures(Number(values.runs), [process.execPath, ...values.node], values.peers, folder));
    console.log(text);
    if (!values.print) write(text);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function figures(runs: number, programs: string[], peersIn: string | undefined, folder: string): Promise<Figures> {
  const server = await serveLog();
  try {
    const environments = process.env.NODE_EXTRA_CA_CERTS === undefined ? [undefined] : [undefined, process.env.NODE_EXTRA_CA_CERTS];
    const subjects = programs.flatMap((node) =>
      environments.map((extraCa) => nodeSubjects(node, mkdtempSync(join(folder, 'node-')), server, extraCa)),
    );
    const nodes = [];
    for (const one of subjects) nodes.push({ subjects: one, medians: await measure(one.timed, runs) });
    const base = subjects[0]?.timed.filter(({ name }) => name === BASES.R) ?? [];
    const peers = [];
    for (const peer of findPeers(peersIn)) peers.push({ peer, medians: await measure([...base, ...peerTimed(peer)], peer.program ? runs : 0) });
    const env = subjects[0]?.timed[0]?.env ?? {};
    const loaded: Array<Figures['loaded'][number]> = [];
    for (const args of LOADED) loaded.push([args.join(' '), await loadedBy(args, env)]);
    return { runs, nodes, peers, loaded, installed: installed() };
  } finally {
    server.close();
  }
}

/** What comes with `npm install`: what is packed, and the native packages beside it. */
function installed(): string {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8' });
  const [packed] = JSON.parse(stdout) as [{ unpackedSize: number }];
  const native = join(ROOT, 'node_modules', '@napi-rs');
  const packages = readdirSync(native).filter((name) => name.startsWith('keyring'));
  const bytes = packages.reduce((sum, name) => sum + sizeOf(join(native, name)), packed.unpackedSize);
  return `${(bytes / 1e6).toFixed(1)} MB, ${packages.length + 1} packages`;
}

function sizeOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** Puts the tables in their place. @throws Error when the page has none */
function write(text: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const from = page.indexOf(START);
  const to = page.indexOf(STOP);
  if (from < 0 || to < from) throw new Error(`${PAGE} has no ${START} … ${STOP}`);
  writeFileSync(PAGE, `${page.slice(0, from)}${START}\n${text}\n${page.slice(to)}`);
}

await main();
