import type { ActionName, Activity, Runtime } from './activity.js';
import type { Id } from './ids.js';

/**
 * The Supervisor for a job: two calls, without a word of HTTP, so that tests can script them. Both
 * throw ApiError, TransportError, or the signal's reason.
 */
export interface Supervisor {
  /** Posts once. Resolves only for a `202`. */
  trigger(request: WireTrigger, options?: CallOptions): Promise<Accepted>;
  /** Reads one page of the log. */
  list(deploymentId: Id, query: PageQuery, options?: CallOptions): Promise<ActivityPage>;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** `one` for a poll; any other read is tried again. Ignored by `trigger`. */
  tries?: 'one' | 'several';
  /** How long all tries of a read may take together, ms. Default: 10 s. */
  budgetMs?: number | undefined;
  /** By the clock of the client: what was not written by then is not sent. */
  sendBy?: number;
}

export interface WireTrigger {
  deploymentId: Id;
  runtime: Runtime;
  action: ActionName;
  /** Null means every node; an empty list is never sent. */
  nodes: readonly Id[] | null;
  /** The `idempotency-key` header, 1–255 characters. */
  wireKey: string;
}

export interface Accepted {
  requestId: string | null;
  /** The API knew the key: this request ran before. */
  replayed: boolean;
  /** The server's own clock (`date` header), milliseconds UTC; null when it sent none. */
  serverTime: number | null;
}

export interface PageQuery {
  /** From 1. */
  page: number;
  results: number;
}

export interface ActivityPage {
  items: Activity[];
  page: number;
  total_results: number;
  total_pages: number;
  /**
   * The server's own clock (`date` header, cut to whole seconds), milliseconds UTC; null or absent
   * when it sent none.
   */
  serverTime?: number | null;
  /** For an error about this page. */
  requestId?: string | undefined;
}

/** How many nodes a command takes: as many as any deployment has, and a result can list. */
export const MOST_NODES = 100_000;

/** The most entries a page can hold. */
export const MAX_PAGE_SIZE = 100;
