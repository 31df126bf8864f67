import * as v from 'valibot';
import type { Activity } from '../base/activity.js';
import { usageError } from '../base/errors.js';
import { isId, sortedUnique, type Id } from '../base/ids.js';
import { stringifyJson } from '../base/json.js';
import type {
  Accepted,
  ActivityPage,
  CallOptions,
  PageQuery,
  Supervisor,
  WireTrigger,
} from '../base/supervisor.js';
import {
  expectStatus,
  header,
  requestIdOf,
  serverTimeOf,
  readValue,
  safeCount,
} from './answers.js';
import { endpoint } from './base-url.js';
import { Client, type ClientOptions } from './client.js';

/** The Supervisor API over HTTP: a deployment's activities, to trigger and to list. */
export class SupervisorApi implements Supervisor {
  readonly #client: Client;

  /** @throws UsageError for a URL, a key or a proxy setting that cannot be used */
  constructor(options: ClientOptions) {
    this.#client = new Client(options, 'the supervisor URL');
  }

  /**
   * Posts once, whatever happens; resolves only at 202.
   * @throws UsageError before anything is sent, for an empty list of nodes
   * @throws ApiError, TransportError (also for an answer that is no 202), or the signal's reason
   */
  async trigger(request: WireTrigger, { signal, sendBy }: CallOptions = {}): Promise<Accepted> {
    return this.#client.send({
      method: 'POST',
      path: triggerPath(request),
      headers: { 'content-type': 'application/json', 'idempotency-key': request.wireKey },
      body: triggerBody(request.nodes),
      signal,
      sendBy,
      read: (answer) => {
        expectStatus(answer, 202, { permission: 'deployment:manage', trigger: request });
        return {
          requestId: requestIdOf(answer) ?? null,
          // A proxy may have doubled it.
          replayed: /^true(, ?true)*$/.test(header(answer, 'idempotent-replayed')),
          serverTime: serverTimeOf(answer),
        };
      },
    });
  }

  /**
   * Reads one page of the activity log; unless `tries` is `one`, up to three times within 10 s.
   * @throws ApiError, TransportError, or the signal's reason
   */
  async list(deploymentId: Id, query: PageQuery, options: CallOptions = {}): Promise<ActivityPage> {
    const path = `/deployments/${deploymentId}/activities?page=${query.page}&results=${query.results}`;
    return this.#client.send({
      method: 'GET',
      path,
      ...options,
      read: (answer) => {
        const page = readValue(answer, activityPage, { permission: 'deployment:read' });
        // All times are UTC. Without a zone, `Date` would take one for a time of this machine.
        for (const entry of page.items) {
          for (const name of ['created_at', 'finished_at'] as const) {
            if (/[T ][\d:.]+$/.test(entry[name] ?? '')) entry[name] = `${entry[name]}Z`;
          }
        }
        return { ...page, serverTime: serverTimeOf(answer), requestId: requestIdOf(answer) };
      },
    });
  }
}

/** The POST of a trigger, for a dry run. */
export function describeTrigger(supervisorUrl: { readonly href: string }, request: WireTrigger) {
  return {
    method: 'POST',
    url: endpoint(supervisorUrl, triggerPath(request)).href,
    body: triggerBody(request.nodes),
    idempotency_key: request.wireKey,
  };
}

function triggerPath({ deploymentId, runtime, action }: WireTrigger) {
  return `/deployments/${deploymentId}/activities/${runtime}/${action}`;
}

/**
 * The same bytes for the same request: `{}` for every node, otherwise `{"nodes":[…]}` with each id
 * once, ascending.
 * @throws UsageError for an empty list, which the API may treat as every node
 */
export function triggerBody(nodes: readonly Id[] | null): string {
  if (nodes === null) return '{}';
  if (nodes.length === 0) throw usageError('no_nodes', 'no node was given');
  return stringifyJson({ nodes: sortedUnique(nodes) });
}

const IDS = ['id', 'node_id'];
const TEXTS = ['runtime', 'action', 'status', 'created_at'];
const TEXTS_IF_ANY = ['finished_at'];
/** By these an entry of another deployment is noticed. */
const IDS_IF_ANY = ['tenant_id', 'deployment_id'];

/**
 * What is wrong with an entry. By hand: a schema takes five times as long, felt with 100,000
 * entries, and reorders fields.
 */
function flawOf(entry: unknown) {
  if (typeof entry !== 'object' || entry === null) return 'an entry of the log was expected';
  const fields = entry as Readonly<Record<string, unknown>>;
  const noText =
    TEXTS.find((name) => typeof fields[name] !== 'string') ??
    TEXTS_IF_ANY.find((name) => typeof (fields[name] ?? '') !== 'string');
  if (noText !== undefined) return `${noText}: text was expected`;
  const noId =
    IDS.find((name) => !isId(fields[name])) ?? IDS_IF_ANY.find((name) => !isId(fields[name] ?? 0n));
  return noId === undefined ? null : `${noId}: an id was expected, a 64-bit integer`;
}

const activity = v.custom<Activity>(
  (entry) => flawOf(entry) === null,
  ({ input }) => flawOf(input) ?? '',
);

const activityPage = v.looseObject({
  items: v.array(activity, 'a list of entries was expected'),
  page: safeCount,
  total_results: safeCount,
  total_pages: safeCount,
});
