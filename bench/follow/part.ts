import { type StartSandboxOptions } from '../../src/sandbox/index.js';
import { nodeIds } from '../../src/sandbox/options.js';
import { withScene } from '../../test/helpers/scene.js';
import { judged, ratio, table } from '../markdown.js';
import { type BenchOptions } from '../part.js';
import { findReader, followByLdctl, followByLoop, peakMemory, startLdctl, type Taken } from './followers.js';
import { openGateway } from './gateway.js';

const GOALS = { cpu: 0.5, connections: 2, memory: 90 };
const SIZES = { whole: { seconds: 60, nodes: 200 }, quick: { seconds: 3, nodes: 20 } };

/** What it costs to follow one trigger, beside a loop of curl and jq at 1 s. */
export async function follow({ quick }: BenchOptions): Promise<string> {
  const { seconds, nodes } = quick ? SIZES.quick : SIZES.whole;
  const reader = await findReader();
  const one = { nodes: nodeIds(1), workMs: seconds * 1000 };
  const start = await counted(one, startLdctl);
  const ldctl = await counted(one, followByLdctl);
  const loop = await counted(one, (env) => followByLoop(env, reader));
  const { peakMb } = await counted({ nodes: nodeIds(nodes), workMs: (seconds * 1000) / 3 }, peak);
  // The activity takes not quite the same time in both.
  const cpu = ldctl.cpuSeconds / ldctl.wallMs / (loop.cpuSeconds / loop.wallMs);
  return table(
    [`a trigger that takes ${seconds} s`, 'figure'],
    [
      [`CPU time, to that of \`curl \\| ${reader}\` once a second`, ratio(cpu, GOALS.cpu)],
      ['`ldctl`', figures(ldctl)],
      ['of which up to the answer to the POST (`--no-wait`)', `${start.cpuSeconds.toFixed(2)} s of CPU`],
      [`\`curl \\| ${reader}\``, figures(loop)],
      [
        'connections: one for the POST, one for all GETs',
        judged(String(ldctl.connections), ldctl.connections <= GOALS.connections, String(GOALS.connections)),
      ],
      [
        `memory at the most, with ${nodes} nodes`,
        judged(`${peakMb.toFixed(0)} MB`, peakMb <= GOALS.memory, `${GOALS.memory} MB`),
      ],
    ],
  );
}

/** Plays against a sandbox of its own, and counts the connections to it. */
async function counted<T extends object>(
  options: StartSandboxOptions,
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

function figures({
  cpuSeconds,
  wallMs,
  connections,
  requests,
}: Taken & { connections: number; requests: number }): string {
  const seconds = (wallMs / 1000).toFixed(1);
  return `${cpuSeconds.toFixed(2)} s of CPU in ${seconds} s, ${requests} requests by ${connections} connections`;
}
