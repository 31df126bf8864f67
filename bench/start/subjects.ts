import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { cleanEnvironment, LDCTL } from '../../test/helpers/ldctl.js';
import { type Timed } from './measure.js';
import { type LogServer } from './server.js';

export type Column = '--version' | '--help' | 'activities list' | 'trigger, to its first request';
export const COLUMNS: readonly Column[] = ['--version', '--help', 'activities list', 'trigger, to its first request'];

/** What R and F are ratios to, by one Node; C is told for comparison. */
export const BASES = { R: 'node -e 0', F: 'the smallest GET', C: 'the same as CommonJS' } as const;

/** CLIs of the same kind, by the name of their program. */
const PEERS = ['eas', 'neonctl', 'sf', 'heroku', 'netlify'];

const KEY = 'ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c';
const LIST = '/deployments/7/activities?page=1&results=20';

/** A GET of the same page, by as little of Node as will do; how it imports comes before it. */
const SMALLEST_GET = `get(process.argv[2], { headers: { 'ld-api-key': '${KEY}' } }, (answer) => answer.pipe(process.stdout));
`;

/** One Node in one environment, and all that is timed with it. */
export interface NodeSubjects {
  /** Whether ldctl is a single executable, with that Node in it. */
  binary: boolean;
  /** As `process.version` has it. */
  version: string;
  /** Whether NODE_EXTRA_CA_CERTS is set, which Node reads at every start, before anything else. */
  extraCa: boolean;
  timed: readonly Timed[];
}

/** What there is one of for all that is timed with a Node. */
interface Surroundings {
  /** Of this run alone. */
  folder: string;
  server: LogServer;
  /** A file of certificates, as companies have it. */
  extraCa?: string;
}

/** @param node its program @param binary a single executable with that Node in it, in place of the package */
export function nodeSubjects(node: string, { folder, server, extraCa }: Surroundings, binary?: string): NodeSubjects {
  const env = environment(folder, server, extraCa);
  const smallest = join(folder, 'get.mjs');
  const asCommonJs = join(folder, 'get.cjs');
  writeFileSync(smallest, `import { get } from 'node:http';\n${SMALLEST_GET}`);
  writeFileSync(asCommonJs, `const { get } = require('node:http');\n${SMALLEST_GET}`);
  const trigger = ['activities', 'trigger', 'iggy', 'restart', '--yes'];
  const run = (name: string, ...args: string[]): Timed => ({ name, command: node, args, env });
  const ldctl = (name: string, ...args: string[]): Timed =>
    binary === undefined ? run(name, LDCTL, ...args) : { ...run(name, ...args), command: binary };
  return {
    binary: binary !== undefined,
    extraCa: extraCa !== undefined,
    version: spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim(),
    timed: [
      run(BASES.R, '-e', '0'),
      run(BASES.F, smallest, server.url + LIST),
      run(BASES.C, asCommonJs, server.url + LIST),
      ldctl('--version', '--version'),
      ldctl('--help', '--help'),
      ldctl('activities list', 'activities', 'list'),
      { ...ldctl('trigger, to its first request', ...trigger), until: () => server.nextRequest() },
    ],
  };
}

/** All that a process gets that asks the server, and nothing of whoever runs the bench. */
export function environment(folder: string, server: LogServer, extraCa?: string): NodeJS.ProcessEnv {
  return {
    ...cleanEnvironment(folder),
    ...(extraCa !== undefined && { NODE_EXTRA_CA_CERTS: extraCa }),
    LD_API_KEY: KEY,
    LD_DEPLOYMENT_ID: '7',
    LD_SUPERVISOR_URL: server.url,
  };
}

/** A peer, and where its program is; null for one that is not there. */
export interface Peer {
  name: string;
  program: string | null;
}

/** @param folder where they are installed by npm; none are looked for without one */
export function findPeers(folder: string | undefined): Peer[] {
  return PEERS.map((name) => {
    const program = folder === undefined ? null : resolve(folder, 'node_modules', '.bin', name);
    return { name, program: program !== null && existsSync(program) ? program : null };
  });
}

/** @param env that of `node -e 0`, which they are compared with */
export function peerTimed({ name, program }: Peer, env: NodeJS.ProcessEnv): Timed[] {
  if (program === null) return [];
  return ['--version', '--help'].map((flag) => ({
    name: `${name} ${flag}`,
    command: program,
    args: [flag],
    env: peerEnvironment(name, program, env),
  }));
}

/** Without what goes on behind a command's back; and with their folder on the path, since some start themselves again by name. */
function peerEnvironment(name: string, program: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const off: NodeJS.ProcessEnv = { DO_NOT_TRACK: '1' };
  for (const what of ['SKIP_AUTOUPDATE', 'DISABLE_AUTOUPDATE', 'DISABLE_TELEMETRY'])
    off[`${name.toUpperCase()}_${what}`] = '1';
  return { ...env, ...off, PATH: `${dirname(program)}${delimiter}${env.PATH ?? ''}` };
}
