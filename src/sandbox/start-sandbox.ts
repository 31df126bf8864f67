/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The sandbox for a test of one's own program, published as `ldctl/sandbox`: in the same process, without a command line.
 * @module ldctl/sandbox
 */
import { type Id } from '../base/ids.js';
import { sandboxVariables } from './environment.js';
import { type KeyLabel } from './keys.js';
import { type Trouble } from './nodes.js';
import { findNode, readStartOptions } from './read-start-options.js';
import { type SandboxRecord } from './record.js';
import { serveSandbox, type SandboxServer } from './server.js';
import { type NodeRef, type StartSandboxOptions } from './start-options.js';

export { type Id, type KeyLabel, type NodeRef, type SandboxRecord, type StartSandboxOptions, type Trouble };
export { type DispatchedActivity, type DispatchRecord, type PostRecord } from './record.js';

/**
 * A LaserData in miniature that is being served on 127.0.0.1: Core and Supervisor at one URL. It prints nothing, catches
 * no signal, and serves until it is stopped; `await using` stops it at the end of its block.
 */
export interface RunningSandbox {
  /** Base URL of the Core API. */
  readonly apiUrl: string;
  /** Base URL of the Supervisor API: the same. */
  readonly supervisorUrl: string;
  readonly tenantId: Id;
  readonly deploymentId: Id;
  /** The deployment's nodes, the first one first. */
  readonly nodeIds: readonly Id[];
  /** A key that may do everything; the same as `keys.admin`. */
  readonly apiKey: string;
  /** Keys that may less, or nothing any more (docs/sandbox.md). */
  readonly keys: Readonly<Record<KeyLabel, string>>;
  /** The variables that point `ldctl`, and other programs, at it: `spawn('ldctl', args, { env: { ...process.env, ...env } })`. */
  readonly env: Readonly<Record<string, string>>;
  /** What draws its keys, ids, durations and faults: the same again gives the same. */
  readonly seed: number;
  /** What it was asked, and what it carried out of that, so far: a test counts the `dispatches`. */
  readonly record: SandboxRecord;
  /**
   * What is wrong with a node from now on; `undefined` heals it.
   * @throws TypeError for a node that there is not
   */
  setTrouble(node: NodeRef, trouble: Trouble | undefined): void;
  /** Ends it at once, and the connections that are open with it. Nothing of it keeps the process alive after that. */
  stop(): Promise<void>;
  /** `stop`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a sandbox in this process.
 * @returns when it takes requests
 * @throws TypeError for an option that cannot be, and the system's error for a port that is taken
 */
export async function startSandbox(options: StartSandboxOptions = {}): Promise<RunningSandbox> {
  return running(await serveSandbox(readStartOptions(options)));
}

function running(server: SandboxServer): RunningSandbox {
  const { sandbox, url, seed } = server;
  const stop = (): Promise<void> => server.stop();
  return {
    apiUrl: url,
    supervisorUrl: url,
    tenantId: sandbox.tenantId,
    deploymentId: sandbox.deploymentId,
    nodeIds: sandbox.nodes,
    apiKey: sandbox.keys.admin.value,
    keys: keyValues(server),
    env: sandboxVariables(server),
    seed,
    record: sandbox.record,
    setTrouble: (node, trouble) => sandbox.setTrouble(findNode(node, sandbox.nodes, 'setTrouble'), trouble),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function keyValues({ sandbox: { keys } }: SandboxServer): Record<KeyLabel, string> {
  return Object.fromEntries(Object.values(keys).map(({ label, value }) => [label, value])) as Record<KeyLabel, string>;
}
