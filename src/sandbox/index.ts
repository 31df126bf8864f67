/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The sandbox for the tests of a program, published as `ldctl/sandbox`: in the same process,
 * without a command line.
 * @module ldctl/sandbox
 */
import type { Id } from '../base/ids.js';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Sandbox, type DispatchRecord, type OthersAction, type SandboxRecord } from './engine.js';
import {
  findNode,
  readOptions,
  type NodeRef,
  type StartSandboxOptions,
  type Trouble,
} from './options.js';
import { writeJson } from './requests.js';
import { seededRandom, type KeyLabel } from './tenant.js';

export {
  type Id,
  type KeyLabel,
  type NodeRef,
  type SandboxRecord,
  type StartSandboxOptions,
  type Trouble,
};
export {
  type DispatchedActivity,
  type DispatchRecord,
  type OthersAction,
  type PostRecord,
} from './engine.js';

/**
 * A LaserData in miniature on 127.0.0.1: Core and Supervisor at one URL. It prints nothing, and
 * catches no signal.
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
  /** What it was asked and has done so far. */
  readonly record: SandboxRecord;
  /** From now on; `undefined` ends the trouble. @throws TypeError for a node that does not exist */
  setTrouble(node: NodeRef, trouble: Trouble | undefined): void;
  /** Acts as another operator, whose entries appear in the log. */
  dispatchAsOther(action: OthersAction): DispatchRecord;
  /** Ends the server and its open connections at once. */
  stop(): Promise<void>;
  /** `stop`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
/** It needs no key, since the record holds no secret. */
const RECORD_PATH = '/sandbox/record';

/**
 * Resolves when the sandbox takes requests.
 * @throws TypeError for an invalid option, and the system's error for a port that is taken
 */
export async function startSandbox(options: StartSandboxOptions = {}): Promise<RunningSandbox> {
  const settings = readOptions(options);
  const { seed = randomInt(2 ** 32), nodes } = settings;
  const server = createServer();
  // Rejects with an `error` event.
  await once(server.listen(settings.port, LOOPBACK), 'listening');
  const url = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const sandbox = new Sandbox(settings, url, seededRandom(seed));
  server.on('request', (request, response) => void serve(sandbox, request, response));
  const { cloud, record } = sandbox;
  const { admin, readonly, minimal } = cloud.keys;
  const stop = () =>
    new Promise<void>((resolve) => {
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
    // With deployment and supervisor, nothing has to be looked up.
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

async function serve(sandbox: Sandbox, message: IncomingMessage, response: ServerResponse) {
  const { method = '', url: path = '' } = message;
  if (method === 'GET' && path === RECORD_PATH) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(writeJson(sandbox.record));
    return;
  }
  // Null when the client goes away meanwhile.
  const body = await text(message).catch(() => null);
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [name, value?.toString()]),
  );
  const answer =
    body === null
      ? null
      : sandbox.handle({ method, path, headers, body }, sandbox.nextFault(method));
  if (answer === null) return void response.destroy();
  const write = () => void response.writeHead(answer.status, answer.headers).end(answer.body);
  // An answer that is held must not keep the process alive.
  if (answer.holdMs > 0) setTimeout(write, answer.holdMs).unref();
  else write();
}
