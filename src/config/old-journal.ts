import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Clock } from '../base/clock.js';
import { RECORD_KEPT_MS, ROLL_KEPT_MS, type RollRecord, type RunRecord } from '../base/old-journal.js';
import { type Id } from '../base/ids.js';
import { stringifyJson } from '../base/json.js';
import { decodeRecord, decodeRoll, encodeRecord, encodeRoll } from './journal-record.js';
import { ensurePrivateFolder, writePrivateFile } from './private-files.js';
import { RecordFiles, type RecordFormat } from './record-files.js';

const runFormat: RecordFormat<RunRecord> = {
  encode: encodeRecord,
  decode: decodeRecord,
  about: ({ wireKey, firstPostAt }) => ({ key: wireKey, since: firstPostAt }),
  keptMs: RECORD_KEPT_MS,
};

const rollFormat: RecordFormat<RollRecord> = {
  encode: encodeRoll,
  decode: decodeRoll,
  about: ({ rollKey, begunAt }) => ({ key: rollKey, since: begunAt }),
  keptMs: ROLL_KEPT_MS,
};

/** The run journal: what is remembered of triggers. */
export class FileJournal extends RecordFiles<RunRecord> {
  constructor(configFolder: string, clock: Clock, signal?: AbortSignal) {
    super(runFormat, configFolder, clock, signal);
  }
}

/** What is remembered of rolls, beside the triggers of their nodes. */
export class RollFiles extends RecordFiles<RollRecord> {
  constructor(configFolder: string, clock: Clock, signal?: AbortSignal) {
    super(rollFormat, configFolder, clock, signal);
  }
}

/**
 * Writes nodes that are too many for a command line to where the journal is, and goes when its records go.
 * @returns the path of a file that `--nodes-from` reads
 * @throws UsageError
 */
export function keepNodes(configFolder: string, nodes: readonly Id[]): string {
  const text = `${stringifyJson({ nodes }, { stringIds: true })}\n`;
  const folder = join(configFolder, 'runs');
  ensurePrivateFolder(configFolder);
  ensurePrivateFolder(folder);
  const path = join(folder, `${createHash('sha256').update(text).digest('hex')}.json`);
  writePrivateFile(path, text);
  return path;
}
