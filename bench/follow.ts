import { parseArgs } from 'node:util';
import { nodeIds, type ServerOptions } from '../src/sandbox/index.js';
import { withScene } from '../test/helpers/scene.js';
import { findReader, followByLdctl, followByLoop, peakMemory, startLdctl, type Taken } from './follow/followers.js';
import { openGateway } from './follow/gateway.js';

const USAGE = `The follow bench: what it costs to follow one trigger, beside a loop of curl and jq at 1 s.

  --seconds N   how long the activity takes (default 60)
  --nodes N     of how many nodes the memory is measured (default 200)

Run \`npm run build\` first: it is the built command that is measured. Without jq the loop reads by python3.
`;

const GOALS = { cpu: 0.5, connections: 2, memory: 90 };

/** @returns whether every goal was reached */
async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      nodes: { type: 'string', default: '200' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return true;
  }
  const reader = await findReader();
  const one = { nodes: nodeIds(1), workMs: Number(values.seconds) * 1000 };
  const start = await counted(one, startLdctl);
  const ldctl = await counted(one, followByLdctl);
  const loop = await counted(one, (env) => followByLoop(env, reader));
  console.log(`ldctl: ${figures(ldctl)}`);
  console.log(`  of which up to the answer to the POST (--no-wait): ${start.cpuSeconds.toFixed(2)} s of CPU`);
  console.log(`curl | ${reader} at 1 s: ${figures(loop)}`);
  // The activity takes not quite the same time in both.
  const cpu = verdict('CPU, of the loop', ldctl.cpuSeconds / ldctl.wallMs / (loop.cpuSeconds / loop.wallMs), GOALS.cpu);
  const connections = verdict('connections: a POST, and all GETs', ldctl.connections, GOALS.connections);
  const many = { nodes: nodeIds(Number(values.nodes)), workMs: 20_000 };
  const memory = verdict(`MB at the most, of ${values.nodes} nodes`, (await counted(many, peak)).peakMb, GOALS.memory);
  return cpu && connections && memory;
}

/** Plays against a sandbox of its own, and counts the connections to it. */
async function counted<T extends object>(
  options: ServerOptions,
  play: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T & { connections: number; requests: number }> {
  const results: Array<T & { connections: number; requests: number }> = [];
  await withScene(options, async ({ url, env, sandbox }) => {
    const gateway = await openGateway(new URL(url));
    try {
      const taken = await play({ ...env, LD_SUPERVISOR_URL: gateway.url });
      const requests = sandbox.record.reads + sandbox.record.posts.length;
      results.push({ ...taken, connections: gateway.connections(), requests });
    } finally {
      gateway.close();
    }
  });
  const [result] = results;
  if (!result) throw new Error('nothing was played');
  return result;
}

async function peak(env: NodeJS.ProcessEnv): Promise<{ peakMb: number }> {
  return { peakMb: await peakMemory(env) };
}

function figures({ cpuSeconds, wallMs, connections, requests }: Taken & { connections: number; requests: number }): string {
  const seconds = (wallMs / 1000).toFixed(1);
  return `${cpuSeconds.toFixed(2)} s of CPU in ${seconds} s, ${requests} requests by ${connections} connections`;
}

function verdict(what: string, value: number, goal: number): boolean {
  const isReached = value <= goal;
  console.log(`${what}: ${value.toFixed(2)}, goal ${goal}${isReached ? '' : ': missed'}`);
  return isReached;
}

process.exitCode = (await main()) ? 0 : 1;
