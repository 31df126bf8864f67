import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { ldctl, LDCTL } from '../../test/helpers/ldctl.js';
import { TELL_MEMORY, timed, type Memory } from '../timed.js';

/** What a follower took, from its start to its end. */
export interface Taken {
  wallMs: number;
  /** User and system time of all its processes together, seconds. */
  cpuSeconds: number;
}

/** What reads the answers of the loop: jq, or else python3. */
export type Reader = 'jq' | 'python3';

/** Both say whether any node is still `processing`. */
const STILL_OPEN: Record<Reader, string> = {
  jq: `jq -e 'any(.items[]; .status == "processing")'`,
  python3: `python3 -c 'import json,sys; sys.exit(not any(i["status"] == "processing" for i in json.load(sys.stdin)["items"]))'`,
};

export async function findReader(): Promise<Reader> {
  const [code] = (await once(spawn('sh', ['-c', 'command -v jq'], { stdio: 'ignore' }), 'exit')) as [number | null];
  return code === 0 ? 'jq' : 'python3';
}

/** One trigger, followed to its end by the built command. */
export function followByLdctl(env: NodeJS.ProcessEnv): Promise<Taken> {
  return timedShell('"$LDCTL_NODE" "$LDCTL_BIN" activities trigger iggy restart --yes --quiet', env);
}

/** What of that is spent before there is anything to follow. */
export function startLdctl(env: NodeJS.ProcessEnv): Promise<Taken> {
  return timedShell('"$LDCTL_NODE" "$LDCTL_BIN" activities trigger iggy restart --yes --quiet --no-wait', env);
}

/** The same as people write it today: a POST, and then a look every second. */
export function followByLoop(env: NodeJS.ProcessEnv, reader: Reader): Promise<Taken> {
  const url = '"$LD_SUPERVISOR_URL/deployments/$LD_DEPLOYMENT_ID/activities';
  const curl = 'curl --silent --fail --header "ld-api-key: $LD_API_KEY"';
  return timedShell(
    `${curl} --request POST --header 'content-type: application/json' --header "idempotency-key: loop" --data '{}' ${url}/iggy/restart"
     while sleep 1; do ${curl} ${url}?page=1&results=100" | ${STILL_OPEN[reader]} || break; done`,
    env,
  );
}

/** The most memory that the command held at a time while it followed all nodes, MB. */
export async function peakMemory(env: NodeJS.ProcessEnv): Promise<number> {
  const [program, ...args] = ldctl('activities', 'trigger', 'iggy', 'restart', '--yes', '--quiet');
  const { told } = await timed(program, args, { ...env, NODE_OPTIONS: TELL_MEMORY }, 'ignore');
  return (JSON.parse(told) as Memory).peakKb / 1024;
}

/** Runs a line of shell; bash itself tells what it and all that it waited for has used. */
async function timedShell(script: string, env: NodeJS.ProcessEnv): Promise<Taken> {
  const begin = performance.now();
  const child = spawn('bash', ['-c', `set -e; { ${script}\n} >&2; times`], {
    env: { ...env, LDCTL_NODE: process.execPath, LDCTL_BIN: LDCTL },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [[code], told] = await Promise.all([once(child, 'exit') as Promise<[number | null]>, text(child.stdout)]);
  if (code !== 0) throw new Error(`ended with ${code}: ${script}`);
  return { wallMs: performance.now() - begin, cpuSeconds: secondsIn(told) };
}

/** The sum of what `times` prints: `0m1.250s 0m0.110s`, of bash and of its children. */
function secondsIn(told: string): number {
  return [...told.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
    0,
  );
}
