/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The sandbox for the tests of a program, published as `ldctl/sandbox`: in the same process,
 * without a command line.
 * @module ldctl/sandbox
 */
import type { Id } from '../base/ids.js';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Sandbox, type OthersAction, type SandboxRecord } from './engine.js';
import { readOptions, type NodeRef, type StartSandboxOptions, type Trouble } from './options.js';
import { writeJson } from './requests.js';
import { MAIN_DEPLOYMENT_ID } from './tenant.js';

export { type Id, type NodeRef, type SandboxRecord, type StartSandboxOptions, type Trouble };
export { type DispatchRecord, type OthersAction, type PostRecord } from './engine.js';
export { type DispatchedActivity } from './state.js';

const LOOPBACK = '127.0.0.1';
/** It needs no key, since the record holds no secret. */
const RECORD_PATH = '/sandbox/record';

/**
 * Starts a LaserData in miniature on 127.0.0.1: Core and Supervisor at one URL. It prints nothing,
 * and catches no signal.
 * @throws RangeError for an option that cannot be used, and the system's error for a port that is
 * taken
 */
export async function startSandbox(options: StartSandboxOptions = {}) {
  const settings = readOptions(options);
  const { seed, nodes } = settings;
  const server = createServer();
  // Rejects with an `error` event.
  await once(server.listen(settings.port, LOOPBACK), 'listening');
  const url = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const sandbox = new Sandbox(settings, url);
  server.on('request', (request, response) => void serve(sandbox, request, response));
  const { cloud, record } = sandbox;
  const { admin, readonly, minimal } = cloud.keys;
  const tenantId = cloud.structure.id;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    /** Base URL of the Core API. */
    apiUrl: url,
    /** Base URL of the Supervisor API: the same. */
    supervisorUrl: url,
    tenantId,
    deploymentId: MAIN_DEPLOYMENT_ID,
    nodeIds: nodes,
    /** A key that may do everything; the same as `keys.admin`. */
    apiKey: admin.value,
    /** `readonly` may look and not act; `minimal` may act and look nothing up. */
    keys: { admin: admin.value, readonly: readonly.value, minimal: minimal.value },
    /**
     * The variables that point `ldctl`, and other programs, at it. With deployment and supervisor,
     * nothing has to be looked up.
     */
    env: {
      LD_API_KEY: admin.value,
      LD_TENANT_ID: String(tenantId),
      LD_API_URL: url,
      LD_SUPERVISOR_URL: url,
      LD_DEPLOYMENT_ID: String(MAIN_DEPLOYMENT_ID),
      LDCTL_SANDBOX_URL: url,
      LDCTL_SANDBOX_NODES: nodes.join(' '),
      LDCTL_SANDBOX_READONLY_KEY: readonly.value,
      LDCTL_SANDBOX_MINIMAL_KEY: minimal.value,
    },
    /** The same again gives the same keys, durations and faults. */
    seed,
    /** What it was asked and has done so far; it grows. */
    record,
    /** From now on; `undefined` ends the trouble. @throws RangeError for an unknown node */
    setTrouble: (node: NodeRef, trouble: Trouble | undefined) => sandbox.setTrouble(node, trouble),
    /** Acts as another operator, whose entries appear in the log. */
    dispatchAsOther: (action: OthersAction) => sandbox.dispatchAsOther(action),
    /** Ends the server and its open connections at once. */
    stop,
    /** `stop`, for `await using`. */
    [Symbol.asyncDispose]: stop,
  };
}

export type RunningSandbox = Awaited<ReturnType<typeof startSandbox>>;

async function serve(sandbox: Sandbox, message: IncomingMessage, response: ServerResponse) {
  const { method = '', url: path = '', headers } = message;
  if (method === 'GET' && path === RECORD_PATH) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(writeJson(sandbox.record));
    return;
  }
  // Null when the client goes away meanwhile.
  const body = await text(message).catch(() => null);
  const request = body === null ? null : { method, path, headers, body };
  const answer = request && sandbox.handle(request, sandbox.nextFault(method));
  if (answer === null) return void response.destroy();
  // An answer that is held must not keep the process alive.
  if (answer.holdMs > 0) await sleep(answer.holdMs, undefined, { ref: false });
  response.writeHead(answer.status, answer.headers).end(answer.body);
}
