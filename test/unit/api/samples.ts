import { type Answer } from '../../../src/api/answers.js';
import { stringifyJson } from '../../../src/base/json.js';
import { ApiKey } from '../../../src/base/secret.js';

export const KEY = 'ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c';
export const REQUEST_ID = 'c0ffee00c0ffee00c0ffee00c0ffee00';
export const NOW = Date.UTC(2026, 5, 1, 12, 0, 0);

/** An answer to `GET /deployments/7/activities`, with a JSON body unless it is a string. */
export function answer(status: number, body: unknown = '', more: Partial<Answer> = {}): Answer {
  return {
    url: new URL('https://supervisor.test/deployments/7/activities?page=1&results=10'),
    status,
    body: typeof body === 'string' ? body : stringifyJson(body),
    receivedAt: NOW,
    apiKey: new ApiKey(KEY),
    ...more,
    headers: { 'ld-request': REQUEST_ID, ...more.headers },
  };
}

/** An object without some of its fields. */
export function without(fields: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

/** An entry of the log with what the contract requires. */
export function entry(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 41n,
    node_id: 610809900976570889n,
    runtime: 'iggy',
    action: 'restart',
    status: 'completed',
    created_at: '2026-06-01T11:59:00Z',
    ...fields,
  };
}

export function page(items: unknown, fields: Record<string, unknown> = {}): Record<string, unknown> {
  const total = Array.isArray(items) ? BigInt(items.length) : 0n;
  return { items, page: 1n, total_results: total, total_pages: 1n, ...fields };
}
