import { type Action, type Runtime } from '../base/activity.js';
import { type Id } from '../base/ids.js';
import { idFromJson, idFromText, readJson } from './json.js';
import { RUNTIMES } from './nodes.js';
import { invalid, type Issue } from './problems.js';

const MOST_RESULTS = 100;
const LONGEST_IDEMPOTENCY_KEY = 255;

/** The ids there are: a set, or a map by id. */
type KnownIds = Pick<ReadonlySet<Id>, 'has'>;

/** @throws Refusal 400 */
export function readRuntime(text: string): Runtime {
  const runtime = RUNTIMES.find((known) => known === text);
  if (runtime) return runtime;
  throw invalid({ code: 'unknown_runtime', reason: `must be one of ${RUNTIMES.join(', ')}`, path: 'runtime' });
}

/** `start`, `stop`, `restart` or `reconfigure:ID`, the colon as a colon. @throws Refusal 400 */
export function readAction(text: string): Action {
  if (text === 'start' || text === 'stop' || text === 'restart') return { verb: text };
  const [verb, config, ...rest] = text.split(':');
  const configId = config === undefined || rest.length > 0 ? undefined : idFromText(config);
  if (verb === 'reconfigure' && configId !== undefined) return { verb, configId };
  throw invalid({ code: 'unknown_action', reason: 'must be start, stop, restart or reconfigure:{id}', path: 'action' });
}

/** An id in the path; `name` is the parameter's. @throws Refusal 400 */
export function readPathId(text: string, name: string): Id {
  const id = idFromText(text);
  if (id !== undefined) return id;
  throw invalid({ code: 'invalid_id', reason: 'must be an unsigned 64-bit integer', path: name });
}

/**
 * The header's value, 1–255 characters, or null without one (contract, "Shared by both").
 * @throws Refusal 400
 */
export function readIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (header.length >= 1 && header.length <= LONGEST_IDEMPOTENCY_KEY) return header;
  const reason = `must have 1 to ${LONGEST_IDEMPOTENCY_KEY} characters`;
  throw invalid({ code: 'invalid_length', reason, path: 'idempotency-key' });
}

/**
 * The page asked for (contract, "Supervisor: list"). A parameter the contract does not have, or one given twice, is
 * refused.
 * @throws Refusal 400
 */
export function readPageQuery(query: URLSearchParams): { page: number; results: number } {
  const names = [...query.keys()];
  const odd = names.find((name, index) => !['page', 'results'].includes(name) || names.indexOf(name) !== index);
  if (odd !== undefined) throw invalid({ code: 'unexpected', reason: 'is unknown or given twice', path: odd });
  return {
    page: readCount(query.get('page') ?? '1', 'page', Number.MAX_SAFE_INTEGER),
    results: readCount(query.get('results') ?? '10', 'results', MOST_RESULTS),
  };
}

function readCount(text: string, path: string, most: number): number {
  const value = /^[1-9]\d*$/.test(text) ? Number(text) : NaN;
  if (value >= 1 && value <= most) return value;
  throw invalid({ code: 'out_of_range', reason: `must be an integer from 1 to ${most}`, path });
}

/**
 * The nodes a trigger names, or null for every node: no body, or `{}` (contract, "Supervisor: trigger"). An empty
 * list is unknown in the contract; here it is refused.
 * @param known the deployment's nodes
 * @throws Refusal 400
 */
export function readNodes(body: string, known: KnownIds): Id[] | null {
  if (body === '') return null;
  const json = readJson(body);
  if (!json || !isRecord(json.value)) {
    throw invalid({ code: 'invalid_json', reason: 'must be a JSON object', path: 'body' });
  }
  const odd = Object.keys(json.value).find((name) => name !== 'nodes');
  if (odd !== undefined) throw invalid({ code: 'unexpected', reason: 'is unknown', path: odd });
  if (!('nodes' in json.value)) return null;
  const { nodes } = json.value;
  if (!Array.isArray(nodes) || nodes.length === 0) {
    throw invalid({ code: 'invalid', reason: 'must be a list of at least one node id', path: 'nodes' });
  }
  return readNodeList(nodes, known);
}

function readNodeList(items: readonly unknown[], known: KnownIds): Id[] {
  const seen = new Set<Id>();
  const issues: Issue[] = [];
  items.forEach((item, index) => {
    const path = `nodes[${index}]`;
    const id = idFromJson(item);
    if (id === undefined) {
      issues.push({ code: 'invalid_id', reason: 'must be an unsigned 64-bit integer, as a bare number', path });
    } else if (!known.has(id)) {
      issues.push({ code: 'unknown_node', reason: `the deployment has no node ${id}`, path });
    } else if (seen.has(id)) {
      issues.push({ code: 'duplicate', reason: `node ${id} is named twice`, path });
    } else {
      seen.add(id);
    }
  });
  const [first, ...rest] = issues;
  if (first) throw invalid(first, ...rest);
  return [...seen];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
