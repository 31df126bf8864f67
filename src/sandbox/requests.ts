import { STATUS_CODES } from 'node:http';
import { isLosslessNumber, parse, stringify } from 'lossless-json';
import type { ActionName, Runtime } from '../base/activity.js';
import type { Id } from '../base/ids.js';
import { RUNTIMES } from './state.js';

// JSON and ids are not read by the client's code, so that a mistake in one is seen by the other.

/** The contract names the two for idempotency; the others are made up. */
const STATUS_OF = {
  validation_error: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  idempotency_error: 409,
  idempotent_request_in_progress: 409,
  rate_limited: 429,
  internal_error: 500,
  service_unavailable: 503,
} as const;
const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

interface Issue {
  code: string;
  reason: string;
  path: string;
}

/** A request that does not run, and why. */
export class Refusal extends Error {
  constructor(
    readonly code: keyof typeof STATUS_OF,
    reason: string,
    readonly headers: Record<string, string> = {},
    readonly issues: readonly Issue[] = [],
  ) {
    super(reason);
  }

  get status(): number {
    return STATUS_OF[this.code];
  }

  /** RFC 7807 as the contract lists it. */
  toProblem(instance: string): object {
    const { status, code, message: reason, issues } = this;
    const [first] = issues;
    const kind = { type: 'about:blank', title: STATUS_CODES[status] };
    const fields = first && { field: first.path, field_issues: issues };
    return { ...kind, code, reason, instance, status, retryable: RETRYABLE.has(status), ...fields };
  }
}

function invalid(...issues: Array<[path: string, code: string, reason: string]>) {
  const listed = issues.map(([path, code, reason]) => ({ code, reason, path }));
  return new Refusal('validation_error', 'the request is not valid', {}, listed);
}

/** Writes JSON with ids as bare numbers, digit for digit. */
export function writeJson(value: unknown): string {
  return stringify(value) ?? '';
}

/** An id in the path. @param name of the parameter @throws Refusal 400 */
export function readId(text: string, name: string): Id {
  const id = idOf(text);
  if (id !== undefined) return id;
  throw invalid([name, 'invalid_id', 'must be an unsigned 64-bit integer']);
}

/** @throws Refusal 400 */
export function readRuntime(text: string): Runtime {
  const runtime = RUNTIMES.find((known) => known === text);
  if (runtime) return runtime;
  throw invalid(['runtime', 'unknown_runtime', `must be one of ${RUNTIMES.join(', ')}`]);
}

/** `start`, `stop`, `restart` or `reconfigure:ID`, the colon not encoded. @throws Refusal 400 */
export function readAction(text: string): ActionName {
  if (text === 'start' || text === 'stop' || text === 'restart') return text;
  const [verb, config = ''] = text.split(/:(.*)/s);
  const id = idOf(config);
  if (verb === 'reconfigure' && id !== undefined) return `${verb}:${id}`;
  throw invalid(['action', 'unknown_action', 'must be start, stop, restart or reconfigure:{id}']);
}

/** @throws Refusal 400 */
export function readIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (header.length >= 1 && header.length <= 255) return header;
  throw invalid(['idempotency-key', 'invalid_length', 'must have 1 to 255 characters']);
}

/** @throws Refusal 400, also for a parameter that the contract does not have */
export function readPageQuery(query: URLSearchParams): { page: number; results: number } {
  const odd = [...query.keys()].find((name) => name !== 'page' && name !== 'results');
  if (odd !== undefined) throw invalid([odd, 'unexpected', 'is unknown']);
  const count = (name: string, unlessGiven: string, most: number) => {
    const text = query.get(name) ?? unlessGiven;
    const value = /^[1-9]\d*$/.test(text) ? Number(text) : NaN;
    if (value <= most) return value;
    throw invalid([name, 'out_of_range', `must be an integer from 1 to ${most}`]);
  };
  return {
    page: count('page', '1', Number.MAX_SAFE_INTEGER),
    results: count('results', '10', 100),
  };
}

/**
 * The nodes that a trigger names; null for every node: no body, or `{}`. The contract leaves open
 * what an empty list means: here it is refused.
 * @param known the nodes of the deployment
 * @throws Refusal 400
 */
export function readNodes(body: string, known: { has(id: Id): boolean }): Id[] | null {
  if (body === '') return null;
  const json = readObject(body);
  if (!json) throw invalid(['body', 'invalid_json', 'must be a JSON object']);
  const odd = Object.keys(json).find((name) => name !== 'nodes');
  if (odd !== undefined) throw invalid([odd, 'unexpected', 'is unknown']);
  const { nodes } = json;
  if (nodes === undefined) return null;
  if (!Array.isArray(nodes) || nodes.length === 0) {
    throw invalid(['nodes', 'invalid', 'must be a list of at least one node id']);
  }
  // Only a bare integer, not `"1"`, `1.0`, `1e3` or `-1`.
  const ids = nodes.map((item: unknown) =>
    isLosslessNumber(item) ? idOf(item.toString()) : undefined,
  );
  const issues = ids.flatMap((id, index): Array<[string, string, string]> => {
    if (id === undefined) {
      return [[`nodes[${index}]`, 'invalid_id', 'must be an unsigned 64-bit integer']];
    }
    return known.has(id)
      ? []
      : [[`nodes[${index}]`, 'unknown_node', `the deployment has no node ${id}`]];
  });
  if (issues.length > 0) throw invalid(...issues);
  return [...new Set(ids.filter((id) => id !== undefined))];
}

/** Numbers keep their digits. Null when the text is not a JSON object. */
function readObject(text: string): Record<string, unknown> | null {
  try {
    const value = parse(text);
    const isObject =
      typeof value === 'object' &&
      value !== null &&
      Object.getPrototypeOf(value) === Object.prototype;
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Decimal digits without a leading zero, 64 bits at most. */
function idOf(text: string): Id | undefined {
  if (!/^(?:0|[1-9]\d{0,19})$/.test(text)) return undefined;
  const id = BigInt(text);
  return id < 2n ** 64n ? id : undefined;
}
