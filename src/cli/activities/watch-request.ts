import * as Flags from '@oclif/core/flags';
import { UsageError } from '../../base/errors.js';
import type { Id } from '../../base/ids.js';
import { parseInterval, parseTimeout } from './follow-limits.js';
import { isInteractive, type Host } from '../host.js';
import type { ListFlags, ListRange } from './list-request.js';
import { printOptions, type FlagsOf, type OutputFlags } from '../flags.js';

export const watchFlags = {
  watch: Flags.boolean({ char: 'w', summary: 'Watch what is listed until all of it is final.' }),
  follow: Flags.boolean({ summary: 'Show new entries as they come, until interrupted.' }),
  'exit-status': Flags.boolean({ summary: 'With --watch: exit 3 if an entry that was waited for was rejected.' }),
  timeout: Flags.string({
    helpValue: 'DURATION',
    summary: 'With --watch: give up after this. [default: none at a terminal, 10m elsewhere]',
  }),
  interval: Flags.string({ helpValue: 'DURATION', summary: 'With --watch or --follow: poll this often.' }),
};
type WatchFlags = FlagsOf<typeof watchFlags> & Pick<ListFlags, 'limit'> & OutputFlags;

export interface WatchRequest {
  /** Begins with what is in the log after this id; null: with the newest entries. */
  after: Id | null;
  /** How many entries it begins with, where it begins with the newest; 0 for all. */
  limit: number;
  untilFinal: boolean;
  exitStatus: boolean;
  timeoutMs: number | null;
  intervalMs: number | null;
}

/** A CI step that watches must end; a person at a terminal ends it when it is enough. */
const UNATTENDED_TIMEOUT_MS = 10 * 60_000;

/**
 * Reads `--watch`, `--follow` and what goes with them.
 * @returns null when the log is only listed
 * @throws UsageError
 */
export function parseWatchRequest(host: Host, flags: WatchFlags, range: ListRange): WatchRequest | null {
  if (flags.watch && flags.follow) throw new UsageError('--watch ends and --follow does not: give one of them');
  if (!flags.watch && flags['exit-status']) throw new UsageError('--exit-status goes with --watch');
  if (!flags.watch && flags.timeout !== undefined) throw new UsageError('--timeout goes with --watch');
  if (!flags.watch && !flags.follow) {
    if (flags.interval !== undefined) throw new UsageError('--interval goes with --watch or --follow');
    return null;
  }
  if (range.kind === 'page') throw new UsageError('--page and --results show one page as it is; they do not go on');
  if (range.kind === 'after') checkAfter(flags);
  refuseEndlessDocument(flags);
  return {
    after: range.kind === 'after' ? range.after : null,
    limit: range.limit,
    untilFinal: flags.watch,
    exitStatus: flags['exit-status'],
    timeoutMs: flags.watch ? watchTimeout(host, flags.timeout) : null,
    intervalMs: flags.interval === undefined ? null : parseInterval(flags.interval),
  };
}

function checkAfter(flags: WatchFlags): void {
  if (flags.watch) {
    throw new UsageError('--after does not go with --watch', {
      hint: 'Use --follow; or `ldctl activities wait` for activities that have to come to their end.',
    });
  }
  if (flags.limit)
    throw new UsageError('--limit does not go with --after and --follow: what it cuts off would be missing');
}

/** A document that never ends is none: its closing bracket would never come. */
function refuseEndlessDocument(flags: WatchFlags): void {
  const { format } = printOptions(flags);
  if (!flags.follow || (format !== 'json' && format !== 'yaml')) return;
  throw new UsageError(`--follow has no end, and ${format} needs one`, { hint: 'Use -o ndjson: one event a line.' });
}

function watchTimeout(host: Host, text: string | undefined): number | null {
  if (text === undefined) return isInteractive(host) ? null : UNATTENDED_TIMEOUT_MS;
  return parseTimeout(text, '--timeout');
}
