import type { Activity } from '../../../src/base/activity.js';
import {
  deploymentOn,
  type Deployment,
  type RollOptions,
  type RunOptions,
  type RunResult,
} from '../../../src/app/deployment.js';
import type { RollRequest, TriggerRequest } from '../../../src/app/requests.js';
import { VirtualClock } from '../../helpers/clock.js';
import { DEPLOYMENT, VirtualServer } from '../../helpers/virtual-server.js';

/*
 * A deployment as programs use it, on a server in virtual time. `beforeEach(() => setUp())` makes
 * them anew.
 */

export const EVERY = { runtime: 'iggy', action: 'restart' } as const;
export const RESTART = { ...EVERY, nodes: [1n] } as const;
export const ROLL = {
  runtime: 'connectors',
  action: 'reconfigure:42',
  nodes: [3n, 1n, 2n],
} as const;

export let clock: VirtualClock;
export let supervisor: VirtualServer;
export let deployment: Deployment;
export let connection: Connection;

type Connection = Parameters<typeof deploymentOn>[0];

export function setUp(nodes = [1n, 2n, 3n], changes: Partial<Connection> = {}): void {
  clock = new VirtualClock();
  supervisor = new VirtualServer(clock, { nodes });
  supervisor.addHistory(3, { createdAt: clock.now() - 3_600_000 });
  connection = {
    deploymentId: DEPLOYMENT,
    profile: null,
    supervisor,
    tenant: null,
    clock,
    journal: null,
    counter: null,
    newKey: () => 'a-random-key',
    apiKeyHash: '0f1e2d3c',
    flags: ['--deployment', '71'],
    ...changes,
  };
  deployment = deploymentOn(connection);
}

/** Triggers, a restart of node 1 by default, and lets time pass until it has ended. */
export const trigger = (
  request: TriggerRequest = RESTART,
  options?: RunOptions,
): Promise<RunResult> => clock.run(deployment.trigger(request, options));

export const roll = (
  changes: Partial<RollRequest> = {},
  options?: RollOptions,
): Promise<RunResult> => clock.run(deployment.roll({ ...ROLL, ...changes }, options));

export const statuses = ({ nodes }: RunResult): Array<string | null> =>
  nodes.map(({ status }) => status);

/** The ids of what is read, to its end. */
export async function idsOf(entries: AsyncIterable<Activity>): Promise<bigint[]> {
  const found: bigint[] = [];
  for await (const { id } of entries) found.push(id);
  return found;
}
