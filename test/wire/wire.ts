import { REQUEST_ID } from '../helpers/server.js';
import { type ClientOptions } from '../../src/api/client.js';
import { SupervisorApi } from '../../src/api/supervisor-api.js';
import { type Activity } from '../../src/base/activity.js';
import { type WireTrigger } from '../../src/base/supervisor.js';

/** A key of the form that the vendor's have. */
export const KEY = 'ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c';
export const DEPLOYMENT = 7261845022003200001n;
export const NODE = 610809900976570889n;
export const LOG_PATH = '/deployments/7261845022003200001/activities';
export const QUERY = { page: 1, results: 10 };

export const RESTART: WireTrigger = {
  deploymentId: DEPLOYMENT,
  runtime: 'iggy',
  action: 'restart',
  nodes: null,
  wireKey: 'key.0123456789abcdef0123456789abcdef',
};

export const EMPTY_PAGE = { items: [], page: 1, total_results: 0, total_pages: 0 };
/** As it is read: with the `ld-request` of each answer of the fake server. */
export const EMPTY_ANSWER = { ...EMPTY_PAGE, requestId: REQUEST_ID, serverTime: null };

export const ENTRY: Activity = {
  id: 18446744073709551615n,
  node_id: NODE,
  runtime: 'iggy',
  action: 'restart',
  status: 'completed',
  created_at: '2026-06-01T11:59:00Z',
};

export function client(url: string, options: Partial<ClientOptions> = {}): SupervisorApi {
  return new SupervisorApi({ url, apiKey: KEY, ...options });
}

export { failureOf as failure } from '../helpers/failure.js';
