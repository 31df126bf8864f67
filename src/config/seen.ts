import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import { ensurePrivateFolder, readPrivateFile, writePrivateFile } from './private-files.js';

/** A value that was seen, what there is to say of it, and when it was seen last: ms, UTC. */
export interface SeenValue {
  value: string;
  note: string;
  at: number;
}

/** What is remembered, and for how long. Keys as long as the run journal keeps their records. */
const DAY_MS = 24 * 60 * 60_000;
const KEPT_MS = { activities: DAY_MS, nodes: 30 * DAY_MS, deployments: 30 * DAY_MS, keys: DAY_MS };
export type SeenKind = keyof typeof KEPT_MS;
export type Seen = Readonly<Record<SeenKind, readonly SeenValue[]>>;

/** Of each kind; the oldest give way. */
const MOST_VALUES = 500;
/** What was stamped so lately is not stamped again: most runs then write nothing. */
const STAMP_EVERY_MS = 60 * 60_000;

/**
 * Activities, nodes, deployments and idempotency keys that commands came across, in a private file beside the profiles, for
 * completion, which asks no server. Nothing here may fail a command: what cannot be read was never seen, and what cannot be written
 * is not remembered.
 */
export class SeenValues {
  readonly #folder: string;
  readonly #path: string;
  readonly #clock: Pick<Clock, 'now'>;

  /** @param folder see `configDir` */
  constructor(folder: string, clock: Pick<Clock, 'now'>) {
    this.#folder = folder;
    this.#path = join(folder, 'seen.json');
    this.#clock = clock;
  }

  /** The latest first. */
  read(): Seen {
    const stored = this.#load();
    const now = this.#clock.now();
    const kept = (kind: SeenKind): SeenValue[] =>
      valuesIn(stored[kind]).filter(({ at }) => at <= now && now - at < KEPT_MS[kind]);
    return {
      activities: kept('activities'),
      nodes: kept('nodes'),
      deployments: kept('deployments'),
      keys: kept('keys'),
    };
  }

  remember(kind: SeenKind, values: ReadonlyArray<Omit<SeenValue, 'at'>>): void {
    const seen = this.read();
    const at = this.#clock.now();
    const isFresh = ({ value, note }: Omit<SeenValue, 'at'>): boolean =>
      seen[kind].some((old) => old.value === value && old.note === note && at - old.at < STAMP_EVERY_MS);
    if (values.every(isFresh)) return;
    const latest = new Map(values.map(({ value, note }) => [value, { value, note, at }]));
    for (const old of seen[kind]) if (!latest.has(old.value)) latest.set(old.value, old);
    this.#save({ ...seen, [kind]: [...latest.values()].slice(0, MOST_VALUES) });
  }

  #load(): Partial<Record<string, unknown>> {
    try {
      const json: unknown = JSON.parse(readPrivateFile(this.#path) ?? '{}');
      return typeof json === 'object' && json !== null ? { ...json } : {};
    } catch (error) {
      if (error instanceof LdctlError || error instanceof SyntaxError) return {};
      throw error;
    }
  }

  #save(seen: Seen): void {
    try {
      ensurePrivateFolder(this.#folder);
      writePrivateFile(this.#path, `${JSON.stringify(seen)}\n`);
    } catch (error) {
      if (!(error instanceof LdctlError)) throw error;
    }
  }
}

function valuesIn(list: unknown): SeenValue[] {
  return Array.isArray(list) ? list.filter(isSeenValue) : [];
}

function isSeenValue(item: unknown): item is SeenValue {
  if (typeof item !== 'object' || item === null || !('value' in item && 'note' in item && 'at' in item)) return false;
  return typeof item.value === 'string' && typeof item.note === 'string' && typeof item.at === 'number';
}
