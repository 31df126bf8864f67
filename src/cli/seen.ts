import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Activity } from '../base/activity.js';
import { ensurePrivateFolder, FILE_MODE, readPrivateFile } from '../config/files.js';

/*
 * What completion knows of ids and keys, since it asks no server. Nothing here may fail a command: what cannot be read
 * was never seen, and what cannot be written is not remembered.
 */

export interface SeenEntry {
  id: string;
  node: string;
  about: string;
}

const FILE = 'seen.json';
const MOST_ENTRIES = 100;

/** Remembers the page of the log that was read last at a terminal. */
export function rememberEntries(folder: string, items: readonly Activity[]): void {
  const entries = items.slice(0, MOST_ENTRIES).map(({ id, node_id, action, runtime, status }) => ({
    ...{ id: String(id), node: String(node_id), about: `${action} ${runtime}, ${status}` },
  }));
  const text = `${JSON.stringify(entries)}\n`;
  try {
    if (readPrivateFile(join(folder, FILE)) === text) return;
    ensurePrivateFolder(folder);
    writeFileSync(join(folder, FILE), text, { mode: FILE_MODE });
  } catch {
    // A home that cannot be written to.
  }
}

export function seenEntries(folder: string): readonly SeenEntry[] {
  const stored = jsonIn(join(folder, FILE));
  return Array.isArray(stored) ? (stored as SeenEntry[]) : [];
}

const RECORD = /^[\da-f]{64}\.\d+$/;
const VALID_MS = 24 * 60 * 60_000;

/** The keys of the journal's records (config/journal.ts) that are still valid. */
export function keptKeys(folder: string, kind: 'runs' | 'rolls', now: number): string[] {
  const names = namesIn(join(folder, kind)).filter((name) => RECORD.test(name));
  return names.flatMap((name) => {
    const record = jsonIn(join(folder, kind, name)) as { key?: string; postedAt?: number; begunAt?: number } | null;
    // Of a run it is the one on the wire: where that has but a digest (`~`), the key itself is not known.
    const key = (record?.key ?? '~').replace(kind === 'runs' ? /\.[\da-f]{32}$/ : /^\d+\./, '');
    return key.startsWith('~') || now - (record?.postedAt ?? record?.begunAt ?? 0) > VALID_MS ? [] : [key];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function jsonIn(path: string): unknown {
  try {
    return JSON.parse(readPrivateFile(path) ?? 'null');
  } catch {
    return null;
  }
}
