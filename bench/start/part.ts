import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadedBy } from '../../test/helpers/loaded.js';
import { type BenchOptions } from '../part.js';
import { measure } from './measure.js';
import { tables, type Figures } from './report.js';
import { serveLog } from './server.js';
import { BASES, findPeers, nodeSubjects, peerTimed } from './subjects.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The single executable, where `npm run binary` has made one. */
const BINARY = join(ROOT, 'build', process.platform === 'win32' ? 'ldctl.exe' : 'ldctl');
const LOADED = [
  ['--version'],
  ['--help'],
  ['profiles', 'list'],
  ['activities', 'list'],
  ['activities', 'trigger', 'iggy', 'restart', '--yes', '--no-wait'],
];

/** The start: whole processes, in turn, as ratios of medians. */
export async function start({ runs, nodes, peers }: BenchOptions): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-bench-start-'));
  try {
    return tables(await figures(runs, [process.execPath, ...nodes], peers, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function figures(
  runs: number,
  programs: string[],
  peersIn: string | undefined,
  folder: string,
): Promise<Figures> {
  const server = await serveLog();
  try {
    const environments =
      process.env.NODE_EXTRA_CA_CERTS === undefined ? [undefined] : [undefined, process.env.NODE_EXTRA_CA_CERTS];
    const around = (extraCa?: string): Parameters<typeof nodeSubjects>[1] => ({
      folder: mkdtempSync(join(folder, 'node-')),
      server,
      extraCa,
    });
    const subjects = programs.flatMap((node) => environments.map((extraCa) => nodeSubjects(node, around(extraCa))));
    if (existsSync(BINARY)) subjects.push(nodeSubjects(nodeInBinary(), around(), BINARY));
    const nodes = [];
    for (const one of subjects) nodes.push({ subjects: one, medians: await measure(one.timed, runs) });
    const env = subjects[0]?.timed[0]?.env ?? {};
    const base = subjects[0]?.timed.filter(({ name }) => name === BASES.R) ?? [];
    const peers = [];
    for (const peer of findPeers(peersIn)) {
      peers.push({
        peer,
        medians: peer.program === null ? new Map() : await measure([...base, ...peerTimed(peer, env)], runs),
      });
    }
    const loaded: Array<Figures['loaded'][number]> = [];
    for (const args of LOADED) loaded.push([args.join(' '), await loadedBy(args, env)]);
    return { runs, nodes, peers, loaded, installed: { package: installed(), binary: binarySize() } };
  } finally {
    server.close();
  }
}

/** What comes with `npm install`: what is packed, and the native packages beside it. */
function installed(): string {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const [packed] = JSON.parse(stdout) as [{ unpackedSize: number }];
  const native = join(ROOT, 'node_modules', '@napi-rs');
  const packages = readdirSync(native).filter((name) => name.startsWith('keyring'));
  const bytes = packages.reduce((sum, name) => sum + sizeOf(join(native, name)), packed.unpackedSize);
  return `${(bytes / 1e6).toFixed(1)} MB, ${packages.length + 1} packages`;
}

function binarySize(): string {
  return existsSync(BINARY) ? `${(sizeOf(BINARY) / 1e6).toFixed(1)} MB, 1 file` : '–';
}

/** @returns the program of the Node that is in it */
function nodeInBinary(): string {
  const { stdout } = spawnSync(process.execPath, ['scripts/binary.js', '--print-node'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return stdout.trim();
}

function sizeOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
