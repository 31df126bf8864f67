import { randomInt } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Id } from '../base/ids.js';
import { DEFAULT_TIMING } from './cloud.js';
import { Sandbox } from './engine.js';
import { FaultPlan, type FaultOptions } from './faults.js';
import { isLoopbackHost } from './host-header.js';
import { writeJson } from './json.js';
import { type SandboxAnswer, type SandboxRequest } from './message.js';
import { type Timing } from './nodes.js';
import { type SandboxOptions } from './options.js';
import { Refusal } from './problems.js';
import { fork, seededRandom, type RandomSource } from './random.js';

export interface ServerOptions extends Omit<SandboxOptions, 'now' | 'random' | 'baseUrl' | 'timing'>, FaultOptions {
  /** How long an entry takes to appear in the log, in ms; a function is asked at each dispatch. Default: 200. */
  appearMs?: number | ((node: Id) => number);
  /** How long a node works on an activity, in ms, give or take a quarter. Default: 1500. */
  workMs?: number;
  /** Default: any free one. */
  port?: number;
  /** The same seed gives the same keys, ids, durations and faults. Default: a random one. */
  seed?: number;
  /** How long every answer is on its way, in ms. Default: 0. */
  latencyMs?: number;
  /** The server's clock, ms UTC. Default: the system's. */
  now?: () => number;
}

/** A sandbox that is being served. */
export interface SandboxServer {
  readonly sandbox: Sandbox;
  readonly url: string;
  readonly seed: number;
  /** Ends it at once, and the connections that are open with it. */
  stop(): Promise<void>;
}

/** Where the server's own record is read, without a key: it is served to this machine only, and holds no secret. */
export const RECORD_PATH = '/sandbox/record';

const LOOPBACK = '127.0.0.1';
const LARGEST_SEED = 2 ** 32;
/** Far more than a list of node ids takes. */
const LARGEST_BODY = 1024 * 1024;
/** How far the work on an activity strays from what was asked for, to either side. */
const JITTER = 0.25;

/**
 * Serves a sandbox on a loopback port, in real time unless it is given a clock.
 * @throws the system's error when the port is taken
 */
export async function serveSandbox(options: ServerOptions = {}): Promise<SandboxServer> {
  const {
    port = 0,
    seed = randomInt(LARGEST_SEED),
    appearMs,
    workMs,
    dropPosts,
    failRate,
    latencyMs = 0,
    now = Date.now,
    ...setup
  } = options;
  const random = seededRandom(seed);
  const timing = jittered({ appearMs, workMs }, fork(random));
  const faults = new FaultPlan({ dropPosts, failRate }, fork(random));
  const server = createServer();
  const url = await listen(server, port);
  const sandbox = new Sandbox({ ...setup, now, random, baseUrl: url, timing });
  server.on('request', (request, response) => void serve({ sandbox, faults, latencyMs }, request, response));
  return { sandbox, url, seed, stop: () => stop(server) };
}

interface Service {
  sandbox: Sandbox;
  faults: FaultPlan;
  latencyMs: number;
}

async function serve(service: Service, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { sandbox, faults, latencyMs } = service;
  if (!isLoopbackHost(message.headers.host)) {
    send(
      response,
      sandbox.refuse(new Refusal('misdirected_request', 'The Host header names another server.')),
      latencyMs,
    );
    return;
  }
  if (message.method === 'GET' && message.url === RECORD_PATH) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(writeJson(sandbox.record));
    return;
  }
  const request = await readRequest(message);
  if (!request) {
    response.destroy();
    return;
  }
  const fault = faults.next(request.method);
  if (fault?.status === 'lost') {
    if (fault.when === 'after') sandbox.handle(request);
    response.destroy();
    return;
  }
  send(response, sandbox.handle(request, fault), latencyMs);
}

/** Null when the caller goes away in the middle, or sends more than any request of this API holds. */
async function readRequest(message: IncomingMessage): Promise<SandboxRequest | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LARGEST_BODY) return null;
      chunks.push(chunk);
    }
  } catch {
    return null;
  }
  return {
    method: message.method ?? '',
    path: message.url ?? '',
    headers: Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, value?.toString()])),
    body: Buffer.concat(chunks).toString('utf8'),
    remoteAddress: message.socket.remoteAddress,
  };
}

function send(response: ServerResponse, { status, headers, body, holdMs }: SandboxAnswer, latencyMs: number): void {
  const write = (): void => void response.writeHead(status, headers).end(body);
  const delay = holdMs + latencyMs;
  // A held answer must not keep a stopped sandbox alive.
  if (delay > 0) setTimeout(write, delay).unref();
  else write();
}

function jittered(
  { appearMs = DEFAULT_TIMING.appearMs, workMs = DEFAULT_TIMING.workMs }: Pick<ServerOptions, 'appearMs' | 'workMs'>,
  random: RandomSource,
): (node: Id) => Timing {
  return (node) => ({
    appearMs: typeof appearMs === 'number' ? appearMs : appearMs(node),
    workMs: Math.round(workMs * (1 + JITTER * (2 * random() - 1))),
  });
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject);
      resolve(`http://${LOOPBACK}:${(server.address() as AddressInfo).port}`);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
