import { Sandbox, seededRandom, type SandboxAnswer, type SandboxOptions } from '../../../src/sandbox/index.js';
import { parse } from 'lossless-json';

/** Noon of a day the contract's own example is from. */
export const START = Date.parse('2026-03-16T12:00:00Z');

/** An item of the activity log, ids and all numbers as bigint. */
export interface Item {
  id: bigint;
  node_id: bigint;
  author_id: bigint;
  deployment_id: bigint;
  runtime: string;
  action: string;
  status: string;
  created_at: string;
  finished_at?: string | null;
}

export interface Page {
  items: Item[];
  page: bigint;
  total_results: bigint;
  total_pages: bigint;
}

export interface ProblemBody {
  code: string;
  reason: string;
  instance: string;
  status: bigint;
  retryable: boolean;
  field?: string;
  field_issues?: Array<{ code: string; reason: string; path: string }>;
}

export interface PostOptions {
  key?: string;
  idempotencyKey?: string | null;
  path?: string;
  headers?: Record<string, string>;
}

/** A sandbox in virtual time, and what a client would send it. Activities appear after 200 ms and work for 1.5 s. */
export class World {
  now = START;
  readonly sandbox: Sandbox;
  readonly activities: string;

  constructor(options: Partial<SandboxOptions> = {}) {
    this.sandbox = new Sandbox({
      now: () => this.now,
      random: seededRandom(1),
      baseUrl: 'http://127.0.0.1:1',
      history: 0,
      timing: () => ({ appearMs: 200, workMs: 1500 }),
      ...options,
    });
    this.activities = `/deployments/${this.sandbox.deploymentId}/activities`;
  }

  /** GET with the admin key, or another one. */
  get(path: string, key: string | null = this.sandbox.keys.admin.value): SandboxAnswer {
    const headers = key === null ? {} : { 'ld-api-key': key };
    return this.sandbox.handle({ method: 'GET', path, headers, body: '' });
  }

  /** POST of a trigger, by default `iggy/restart` with the admin key. */
  post(body = '{}', options: PostOptions = {}): SandboxAnswer {
    const { key = this.sandbox.keys.admin.value, idempotencyKey = `key-${this.sandbox.record.posts.length}` } = options;
    return this.sandbox.handle({
      method: 'POST',
      path: options.path ?? `${this.activities}/iggy/restart`,
      headers: {
        'ld-api-key': key,
        ...(body !== '' && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== null && { 'idempotency-key': idempotencyKey }),
        ...options.headers,
      },
      body,
    });
  }

  /** The log's first hundred, as the admin key sees it. */
  log(query = 'page=1&results=100'): Page {
    return read(this.get(`${this.activities}?${query}`)) as Page;
  }
}

/** A JSON answer, every number a bigint; its shape is for the caller to name with `as`. */
export function read(answer: SandboxAnswer): unknown {
  return parse(answer.body, undefined, BigInt);
}
