import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, ldctl } from '../../test/helpers/ldctl.js';
import { TELL_MEMORY, timed, type Memory } from '../timed.js';
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

/** `ldctl activities list --limit 0 -o ndjson`, by the built command, into a file. */
export async function readByLdctl(log: ServedLog, folder: string): Promise<LdctlReading> {
  const file = join(folder, 'ldctl.ndjson');
  const [program, ...args] = ldctl('activities', 'list', '--limit', '0', '-o', 'ndjson');
  const { wallMs, told } = await intoFile(
    program,
    args,
    { ...process.env, ...log.env, NODE_OPTIONS: TELL_MEMORY },
    file,
  );
  const ids = readFileSync(file, 'utf8').matchAll(/^\{"id":"?(\d+)/gm);
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
  const { wallMs } = await intoFile('sh', ['-c', OTHERS[other]], env, file);
  const ids = readFileSync(file, 'utf8').matchAll(/"id":(\d+)/g);
  return { wallMs, ids: [...ids].map(([, id = '']) => id) };
}

/** @returns the time from start to end, and what it told @throws Error when it fails */
async function intoFile(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  file: string,
): Promise<{ wallMs: number; told: string }> {
  const out = openSync(file, 'w');
  try {
    return await timed(command, args, env, out);
  } finally {
    closeSync(out);
  }
}

/** The folder as home and config of ldctl, so that nobody's profiles are read. */
export function isolated(log: ServedLog, folder: string): ServedLog {
  return { ...log, env: { ...(cleanEnvironment(folder) as Record<string, string>), ...log.env } };
}
