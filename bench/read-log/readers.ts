import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { cleanEnvironment, LDCTL } from '../../test/helpers/ldctl.js';
import { type ServedLog } from './log.js';

/** A read of the whole log, and what it took. */
export interface Reading {
  wallMs: number;
  /** The ids it gave, in its order, digit for digit. */
  ids: string[];
}

export interface LdctlReading extends Reading {
  memory: Memory;
}

/** What a process held, in kB. */
export interface Memory {
  /** The most at a time, of all kinds. */
  peakKb: number;
  /** Of V8 for new objects, at the end. */
  youngKb: number;
}

/** Writes to descriptor 3, at the end of the process that loads it, what it held, as JSON. */
export const TELL_MEMORY = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from 'node:fs';
import { getHeapSpaceStatistics } from 'node:v8';
process.on('exit', () => {
  const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
  writeSync(3, JSON.stringify({ peakKb: process.resourceUsage().maxRSS, youngKb: young.space_size / 1024 }));
});
`)}`;

/** `ldctl activities list --limit 0 -o ndjson`, by the built command, into a file. */
export async function readByLdctl(log: ServedLog, folder: string): Promise<LdctlReading> {
  const file = join(folder, 'ldctl.ndjson');
  const args = ['--import', TELL_MEMORY, LDCTL, 'activities', 'list', '--limit', '0', '-o', 'ndjson'];
  const { wallMs, told } = await timed(process.execPath, args, { ...process.env, ...log.env }, file);
  const ids = readFileSync(file, 'utf8').matchAll(/^\{"id":(\d+)/gm);
  return { wallMs, memory: JSON.parse(told) as Memory, ids: [...ids].map(([, id = '']) => id) };
}

/** What else reads a log, as a line of shell: `$PAGES` stands for the address of all pages, `$FOLDER` for a scratch folder. */
export const OTHERS = {
  curl: 'curl --silent --fail --header "ld-api-key: $LD_API_KEY" "$PAGES"',
  'curl | jq': 'curl --silent --fail --header "ld-api-key: $LD_API_KEY" "$PAGES" | jq --compact-output ".items[]"',
  'curl --parallel | jq':
    'curl --silent --fail --parallel --parallel-max 8 --header "ld-api-key: $LD_API_KEY" --output "$FOLDER/#1.page" "$PAGES" && ' +
    'cat "$FOLDER"/*.page | jq --compact-output ".items[]"',
} as const;

export type Other = keyof typeof OTHERS;

/** All pages that there were at the start, into a file; over one connection unless it says otherwise. */
export async function readByOther(other: Other, log: ServedLog, folder: string): Promise<Reading> {
  const { LD_SUPERVISOR_URL: url = '', LD_DEPLOYMENT_ID: deployment = '' } = log.env;
  const file = join(folder, 'others.json');
  const pages = `${url}/deployments/${deployment}/activities?page=[1-${Math.ceil(log.ids.length / 100)}]&results=100`;
  const env = { ...process.env, ...log.env, PAGES: pages, FOLDER: folder };
  const { wallMs } = await timed('sh', ['-c', OTHERS[other]], env, file);
  const ids = readFileSync(file, 'utf8').matchAll(/"id":(\d+)/g);
  return { wallMs, ids: [...ids].map(([, id = '']) => id) };
}

/** @returns the time from start to end, and what it wrote to descriptor 3 @throws Error when it fails */
async function timed(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  file: string,
): Promise<{ wallMs: number; told: string }> {
  const out = openSync(file, 'w');
  const begin = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', out, 'inherit', 'pipe'] });
  const [, , , tell] = child.stdio;
  const [[code], told] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    tell && 'read' in tell ? text(tell) : '',
  ]);
  const wallMs = performance.now() - begin;
  closeSync(out);
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return { wallMs, told };
}

/** The folder as home and config of ldctl, so that nobody's profiles are read. */
export function isolated(log: ServedLog, folder: string): ServedLog {
  return { ...log, env: { ...(cleanEnvironment(folder) as Record<string, string>), ...log.env } };
}
