import { STATUS_CODES } from 'node:http';
import { parse, parseNumberAndBigInt, stringify } from 'lossless-json';
import type { Id } from '../base/ids.js';

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

interface Issue {
  code: string;
  reason: string;
  path: string;
}

/** A request that does not run, and why. */
export class Refusal extends Error {
  readonly status: number;

  constructor(
    readonly code: keyof typeof STATUS_OF,
    reason: string,
    readonly headers: Record<string, string> = {},
    readonly issues: readonly Issue[] = [],
  ) {
    super(reason);
    this.status = STATUS_OF[code];
  }

  /** RFC 7807 as the contract lists it. */
  toProblem(instance: string): object {
    const { status, code, message: reason, issues } = this;
    const [first] = issues;
    const kind = { type: 'about:blank', title: STATUS_CODES[status] };
    const fields = first && { field: first.path, field_issues: issues };
    const retryable = status === 429 || status >= 500;
    return { ...kind, code, reason, instance, status, retryable, ...fields };
  }
}

function invalid(...issues: Issue[]) {
  return new Refusal('validation_error', 'the request is not valid', {}, issues);
}

/** As Node gives it. */
export type SandboxHeader = string | readonly string[] | undefined;

/** Writes JSON with ids as bare numbers, digit for digit. */
export function writeJson(value: unknown): string {
  return stringify(value) ?? '';
}

/** @throws Refusal 400 */
export function readIdempotencyKey(header: SandboxHeader): string | null {
  if (header === undefined) return null;
  const key = header.toString();
  if (key.length >= 1 && key.length <= 255) return key;
  const reason = 'must have 1 to 255 characters';
  throw invalid({ path: 'idempotency-key', code: 'invalid_length', reason });
}

/** @throws Refusal 400, also for a parameter that the contract does not have */
export function readPageQuery(query: URLSearchParams): { page: number; results: number } {
  refuseUnknown([...query.keys()], ['page', 'results']);
  const count = (path: string, unlessGiven: string, most: number) => {
    const text = query.get(path) ?? unlessGiven;
    const value = /^[1-9]\d*$/.test(text) ? Number(text) : NaN;
    if (value <= most) return value;
    const reason = `must be an integer from 1 to ${most}`;
    throw invalid({ path, code: 'out_of_range', reason });
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
  refuseUnknown(Object.keys(json), ['nodes']);
  const { nodes } = json;
  if (nodes === undefined) return null;
  if (!Array.isArray(nodes) || nodes.length === 0) {
    throw invalid({ path: 'nodes', code: 'invalid', reason: 'must be a list of node ids' });
  }
  // An id is a bare integer: `"1"`, `1.0` and `1e3` are none.
  const ids = nodes as Id[];
  const issues = ids.flatMap((id, at) => {
    const reason = `the deployment has no node ${id}`;
    return known.has(id) ? [] : [{ path: `nodes[${at}]`, code: 'unknown_node', reason }];
  });
  if (issues.length > 0) throw invalid(...issues);
  return ids;
}

/** Integers become bigints. @throws Refusal 400 for what is not a JSON object */
function readObject(text: string) {
  try {
    if (/^\s*\{/.test(text)) {
      return parse(text, undefined, parseNumberAndBigInt) as Record<string, unknown>;
    }
  } catch {
    // As for other JSON.
  }
  throw invalid({ path: 'body', code: 'invalid_json', reason: 'must be a JSON object' });
}

/** @throws Refusal 400 for a name that the contract does not have */
function refuseUnknown(names: readonly string[], known: readonly string[]) {
  const path = names.find((name) => !known.includes(name));
  if (path !== undefined) throw invalid({ path, code: 'unexpected', reason: 'is unknown' });
}
