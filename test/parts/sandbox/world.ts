import { parse } from 'lossless-json';
import { type Activity } from '../../../src/base/activity.js';
import { Sandbox, type SandboxAnswer } from '../../../src/sandbox/engine.js';
import { readOptions, type StartSandboxOptions } from '../../../src/sandbox/options.js';
import { type KeyLabel, type RandomSource } from '../../../src/sandbox/tenant.js';

/** Noon of a day the contract's own example is from. */
export const START = Date.parse('2026-03-16T12:00:00Z');

/** A page of the activity log, all numbers as bigint. */
export interface Page {
  items: Array<Activity & { author_id: bigint; finished_at: string | null }>;
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
}

/**
 * A sandbox in virtual time, and what a client would send it. Activities appear after 200 ms and
 * work for exactly 1.5 s.
 */
export class World {
  now = START;
  readonly sandbox: Sandbox;
  readonly activities: string;
  readonly nodes: readonly bigint[];

  /** @param random half way, unless given: then the work takes neither longer nor shorter */
  constructor(
    { url = 'http://127.0.0.1:1', ...options }: StartSandboxOptions & { url?: string } = {},
    random: RandomSource = () => 0.5,
  ) {
    const settings = readOptions({ history: 0, ...options, now: () => this.now });
    this.sandbox = new Sandbox(settings, url, random);
    this.nodes = settings.nodes;
    this.activities = `/deployments/${this.sandbox.cloud.main.summary.id}/activities`;
  }

  get record() {
    return this.sandbox.record;
  }

  key(label: KeyLabel): string {
    return this.sandbox.cloud.keys[label].value;
  }

  /** GET with the admin key, or another one. */
  get(path: string, key: string | null = this.key('admin')): SandboxAnswer {
    return this.#send('GET', path, key === null ? {} : { 'ld-api-key': key }, '');
  }

  /**
   * POST of a trigger, by default `iggy/restart` with the admin key and an idempotency key of its
   * own.
   */
  post(body = '{}', options: PostOptions = {}): SandboxAnswer {
    const { key = this.key('admin'), idempotencyKey = `key-${this.record.posts.length}` } = options;
    const headers = {
      'ld-api-key': key,
      ...(idempotencyKey !== null && { 'idempotency-key': idempotencyKey }),
    };
    return this.#send('POST', options.path ?? `${this.activities}/iggy/restart`, headers, body);
  }

  /** The log's first hundred, as the admin key sees it. */
  log(query = 'page=1&results=100'): Page {
    return read(this.get(`${this.activities}?${query}`)) as Page;
  }

  #send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string,
  ): SandboxAnswer {
    const answer = this.sandbox.handle({ method, path, headers, body });
    if (answer) return answer;
    throw new Error('the connection was closed');
  }
}

/** A JSON answer, every number a bigint; its shape is for the caller to name with `as`. */
export function read(answer: SandboxAnswer): unknown {
  return parse(answer.body, undefined, BigInt);
}
