/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The sandbox for a test of one's own program, published as `ldctl/sandbox`: in the same process, without a command line.
 * @module ldctl/sandbox
 */
import type { Id } from '../base/ids.js';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Sandbox, type DispatchRecord, type OthersAction, type SandboxRecord } from './engine.js';
import { findNode, readOptions, type NodeRef, type StartSandboxOptions, type Trouble } from './options.js';
import { writeJson } from './requests.js';
import { seededRandom, type KeyLabel } from './tenant.js';

export { type Id, type KeyLabel, type NodeRef, type SandboxRecord, type StartSandboxOptions, type Trouble };
export { type DispatchedActivity, type DispatchRecord, type OthersAction, type PostRecord } from './engine.js';

/**
 * A LaserData in miniature that is served on 127.0.0.1 until it is stopped: Core and Supervisor at one URL. It prints nothing,
 * and catches no signal.
 */
export interface RunningSandbox {
  /** Base URL of the Core API. */
  readonly apiUrl: string;
  /** Base URL of the Supervisor API: the same. */
  readonly supervisorUrl: string;
  readonly tenantId: Id;
  readonly deploymentId: Id;
  readonly nodeIds: readonly Id[];
  /** A key that may do everything; the same as `keys.admin`. */
  readonly apiKey: string;
  /** `readonly` may look and not act; `minimal` may act and look nothing up. */
  readonly keys: Readonly<Record<KeyLabel, string>>;
  /** The variables that point `ldctl`, and other programs, at it. */
  readonly env: Readonly<Record<string, string>>;
  /** The same again gives the same keys, ids, durations and faults. */
  readonly seed: number;
  /** What it was asked, and what it carried out of that, so far. */
  readonly record: SandboxRecord;
  /** What is wrong with a node from now on; `undefined` heals it. @throws TypeError for a node that there is not */
  setTrouble(node: NodeRef, trouble: Trouble | undefined): void;
  /** Another operator acts: entries in the log that were not asked for here. */
  dispatchAsOther(action: OthersAction): DispatchRecord;
  /** Ends it at once, and the connections that are open with it. */
  stop(): Promise<void>;
  /** `stop`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
/** Where the server's own record is read, without a key: it holds no secret. */
const RECORD_PATH = '/sandbox/record';

/**
 * Starts a sandbox in this process; it takes requests when this resolves.
 * @throws TypeError for an option that cannot be, and the system's error for a port that is taken
 */
export async function startSandbox(options: StartSandboxOptions = {}): Promise<RunningSandbox> {
  const settings = readOptions(options);
  const { seed = randomInt(2 ** 32), nodes } = settings;
  const server = createServer();
  // Throws its `error`, such as a port that is taken.
  await once(server.listen(settings.port, LOOPBACK), 'listening');
  const url = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const sandbox = new Sandbox(settings, url, seededRandom(seed));
  server.on('request', (request, response) => void serve(sandbox, request, response));
  const { cloud, record } = sandbox;
  const { admin, readonly, minimal } = cloud.keys;
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    apiUrl: url,
    supervisorUrl: url,
    tenantId: cloud.structure.id,
    deploymentId: cloud.main.id,
    nodeIds: nodes,
    apiKey: admin.value,
    keys: { admin: admin.value, readonly: readonly.value, minimal: minimal.value },
    // Deployment and supervisor are both given, so that nothing has to be looked up.
    env: {
      LD_API_KEY: admin.value,
      LD_TENANT_ID: String(cloud.structure.id),
      LD_API_URL: url,
      LD_SUPERVISOR_URL: url,
      LD_DEPLOYMENT_ID: String(cloud.main.id),
      LDCTL_SANDBOX_URL: url,
      LDCTL_SANDBOX_NODES: nodes.join(' '),
      LDCTL_SANDBOX_READONLY_KEY: readonly.value,
      LDCTL_SANDBOX_MINIMAL_KEY: minimal.value,
    },
    seed,
    record,
    setTrouble: (node, trouble) => {
      cloud.main.node(findNode(node, nodes, 'setTrouble')).trouble = trouble;
    },
    dispatchAsOther: (action) => sandbox.dispatchAsOther(action),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function serve(sandbox: Sandbox, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: path = '' } = message;
  if (method === 'GET' && path === RECORD_PATH) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(writeJson(sandbox.record));
    return;
  }
  // Null when the caller goes away in the middle.
  const body = await text(message).catch(() => null);
  const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, value?.toString()]));
  const answer = body === null ? null : sandbox.handle({ method, path, headers, body }, sandbox.nextFault(method));
  if (answer === null) return void response.destroy();
  const write = (): void => void response.writeHead(answer.status, answer.headers).end(answer.body);
  // A held answer must not keep a stopped sandbox alive.
  if (answer.holdMs > 0) setTimeout(write, answer.holdMs).unref();
  else write();
}
