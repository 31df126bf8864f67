import { debuglog } from 'node:util';
import { UsageError } from './errors.js';

/**
 * Refuses to read a secret from a pipe or a terminal where Node would print its bytes: NODE_DEBUG with the section
 * `stream` shows every chunk, and Node reads that variable before any code of ours runs.
 * @param what what is read, as the error names it
 * @throws UsageError
 */
export function refuseDebuggedStreams(what: string): void {
  if (!debuglog('stream').enabled) return;
  throw new UsageError(`with NODE_DEBUG as it is set, Node would print ${what}`, {
    code: 'node_debug',
    hint: 'Unset NODE_DEBUG, or leave the section `stream` (and `*`) out of it.',
  });
}
