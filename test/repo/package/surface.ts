// What a strict project can rely on, held by its compiler: without @types/node, and skipLibCheck
// off. It is compiled beside the packed package by `npm run check:package`, and never run.
import {
  connect,
  EXIT_CODES,
  LdctlError,
  type Deployment,
  type RunEvent,
  type RunResult,
} from 'ldctl';
import { ApiError, SupervisorApi, type Activity, type ApiKey, type Id } from 'ldctl/client';
import { startSandbox, type RunningSandbox, type StartSandboxOptions } from 'ldctl/sandbox';

type Same<A, B> = [A, B] extends [B, A] ? true : false;
type Holds<T extends true> = T;

export type Facts = [
  Holds<Same<Id, bigint>>,
  Holds<Same<Activity['id'], bigint>>,
  Holds<Same<RunningSandbox['nodeIds'], readonly bigint[]>>,
  Holds<ApiError extends LdctlError ? true : false>,
  Holds<Same<RunResult['nodes'][number]['activity_id'], bigint | null>>,
  Holds<Same<Deployment['id'], bigint>>,
  Holds<Same<Extract<RunEvent, { event: 'activity' }>['activity'], Activity>>,
];

const NODES = [610809900976570889n, 610809900976570890n];
const url = 'https://supervisor.example';
const deploymentId = 7263012455120900033n;

export async function uses(apiKey: ApiKey, signal: AbortSignal): Promise<string> {
  await using running = await startSandbox({
    nodes: 3,
    workMs: 50,
    reject: [1, 610809900976570890n],
  });
  // @ts-expect-error durations are in milliseconds, and say so
  await startSandbox({ work: 50 });
  // @ts-expect-error an id as a text is another type
  await startSandbox({ reject: ['610809900976570890'] } satisfies StartSandboxOptions);

  const supervisor = new SupervisorApi({ url: { href: url }, apiKey });
  // @ts-expect-error ids are bigint: a number rounds them
  await supervisor.list(Number(deploymentId), { page: 1, results: 100 });
  const { items } = await supervisor.list(
    running.deploymentId,
    { page: 1, results: 100 },
    { signal },
  );
  // @ts-expect-error a key is needed
  connect({ supervisorUrl: url, deploymentId });

  const deployment = connect({ supervisorUrl: url, deploymentId, apiKey: 'ld_pk_…' });
  const iggy = { runtime: 'iggy', action: 'restart' } as const;
  await deployment.trigger(iggy, { signal, onEvent: (event: RunEvent) => event });
  await deployment.trigger({
    runtime: 'connectors',
    action: 'reconfigure:42',
    nodes: NODES,
    wait: false,
  });
  // @ts-expect-error no such runtime
  await deployment.trigger({ runtime: 'kafka', action: 'restart' });
  // @ts-expect-error a reconfigure has a config
  await deployment.trigger({ runtime: 'iggy', action: 'reconfigure' });
  // @ts-expect-error an id as a number would be another node's
  await deployment.trigger({ ...iggy, nodes: [1] });
  // @ts-expect-error a roll has nodes
  await deployment.roll(iggy);
  await deployment.roll({
    ...iggy,
    nodes: NODES,
    maxUnavailable: '50%',
    gate: ({ node_id }) => node_id > 0n,
  });
  // @ts-expect-error what was dispatched before is named by ids, or by what it was
  await deployment.wait({});
  for await (const { id } of deployment.activities(
    { after: 1n, status: ['rejected'] },
    { signal },
  )) {
    if (id === 0n) break;
  }
  return `${told(await deployment.wait({ after: 1n, ...iggy }))} ${items.map(({ status }) => status).join()}`;
}

/** The compiler knows when an outcome is left out. */
function told(result: RunResult): string {
  switch (result.outcome) {
    case 'completed':
    case 'accepted':
    case 'rejected':
      return `done ${result.exitCode}`;
    case 'unconfirmed':
    case 'timed_out':
    case 'halted':
    case 'interrupted':
      return `${result.resume ?? ''} ${result.error?.hint ?? ''}`;
    default:
      return result.outcome satisfies never;
  }
}

export function reasonOf(error: unknown): string {
  if (error instanceof ApiError) return `${error.status} ${error.code}`;
  return error instanceof LdctlError
    ? `${error.code} ${error.exitCode}`
    : String(EXIT_CODES.fault.code);
}
