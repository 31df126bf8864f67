import { type ServedLog } from './log.js';
import { type Reading } from './readers.js';

/** What is wrong with a read of a log that grew meanwhile: nothing, if it holds each entry once and misses none. */
export interface Verdict {
  given: number;
  missing: string[];
  twice: string[];
}

export function judge({ ids }: Pick<Reading, 'ids'>, log: Pick<ServedLog, 'ids'>): Verdict {
  const seen = new Set<string>();
  const twice = ids.filter((id) => seen.size === seen.add(id).size);
  return { given: ids.length, missing: log.ids.filter((id) => !seen.has(id)), twice };
}
