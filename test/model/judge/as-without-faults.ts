import type { Story } from '../play.js';
import type { Process } from '../process.js';
import { processesOf, SECOND } from '../setting.js';
import type { EXCUSES, Findings } from './clauses.js';
import { hasJoined } from './before.js';
import { exitOf } from './due.js';
import { coreFor, isMaybeSent } from './facts.js';

/** It is open whether the POST ran, and the log can show it. */
const UNCERTAIN: ReadonlySet<unknown> = new Set([
  ...['lost before', 'lost after', 'arrives later', '503 before', '503 after', '408 after'],
  ...['409 of a gateway', '200 after', 'a bug after', 'sleeps, lost after', 'redirect after'],
  'doubled by a gateway',
]);

/** Faults that pass. After them a run ends as it does without any. */
const PASSING: ReadonlySet<unknown> = new Set([
  ...UNCERTAIN,
  ...['connected late', 'refused', '429', '425', 'in progress', 'all of it', 4 * SECOND],
  ...['killed', 'killed before', 'killed after'],
  ...['another continues', 'another continues to its end'],
]);

/** What a first POST may meet that does not pass. */
const LASTING: ReadonlySet<unknown> = new Set(['403', 'killed before, run again later']);

/** If all faults have passed, a run ends as it does without any. */
export function* asWithoutFaults(story: Story, process: Process): Findings {
  const { outage, first, firstIsRejected } = story.setting;
  if (outage && outage.is !== 'lost') return;
  if (firstIsRejected || LASTING.has(first)) return;
  if (!story.faults.every((fault) => isPassing(story, process, fault))) return;
  const exit = exitOf(process);
  if (exit === wantedOf(story, process)) return;
  const excuse = EXCUSED.find(([, isExcused]) => isExcused(story, process));
  yield excuse ? excuse[0] : 'as-if-nothing-had-been';
}

function isPassing({ setting, world }: Story, process: Process, fault: unknown): boolean {
  if (fault === 'doubled, running') return setting.takes < 10 * SECOND;
  if (fault !== 'unreadable') return PASSING.has(fault);
  // Once something was sent, a read that fails once changes nothing.
  const first = world.posts.find((post) => post.by === process.by && isMaybeSent(post));
  const reads = process.facts.filter(({ of, code }) => of === 'read' && code !== null);
  return setting.use.is === 'run' && first !== undefined && reads.every(({ at }) => at > first.at);
}

/** The exit code of a story in which nothing goes wrong. */
function wantedOf(story: Story, process: Process): number {
  const { setting } = story;
  const { use, past } = setting;
  if (isRefused(story, process)) return 5;
  if (!('nodes' in use) || use.nodes !== null || 'wait' in use) return 0;
  if ('expect' in use && use.expect !== 3) return 7;
  const core = coreFor(setting, process) ?? 0;
  const known = KNOWN[past] ?? 3;
  return isLeft(setting, core) || core > known ? 7 : 0;
}

function isRefused(story: Story, process: Process): boolean {
  const { past, ifBusy } = story.setting;
  return (past === 'a busy node' && ifBusy === 'fail') || hasJoined(story, process.seen.at(-1));
}

/** How many nodes the log lists, for whatever runtime. */
const KNOWN: Record<string, number> = { 'a node that left': 4, 'a node for others': 4 };

/** The log lists a node that is gone, and no count excuses it. */
const isLeft = ({ past }: Story['setting'], core: number): boolean =>
  past === 'a node that left' && (core === 0 || core > 3);

type Excused = [keyof typeof EXCUSES, (story: Story, process: Process) => boolean];

const isLost = ({ wasKilled, setting, world }: Story): boolean =>
  wasKilled || processesOf(setting) > 1 || world.posts.some(({ means }) => means === 'unknown');

const EXCUSED: readonly Excused[] = [
  // A process that may have sent counts nothing that an earlier one did.
  [
    'used-elsewhere',
    ({ setting: { past, hasDate }, faults }) =>
      past === 'a use of the key' && (!hasDate || faults.some((fault) => UNCERTAIN.has(fault))),
  ],
  ['early-trace', (story) => story.setting.past === 'a late entry' && isLost(story)],
  [
    'ids-not-there',
    ({ setting: { use }, world: { entries } }) =>
      'ids' in use &&
      !use.ids.every((id) => entries.some((one) => one.id === id && one.shownAt < 0.9 * SECOND)),
  ],
  ['no-time-left', ({ setting: { takes }, faults }) => takes > 50 * SECOND && faults.length > 0],
  ['roll-time-short', ({ setting: { use } }) => use.is === 'roll' && use.timeoutMs !== undefined],
  ['unstable-sort', ({ setting: { log } }) => log === 'by time'],
  [
    'asleep-beside-others',
    ({ setting, faults }) =>
      (setting.use.is === 'roll' || processesOf(setting) > 1) &&
      faults.includes('sleeps, lost after'),
  ],
  [
    'may-not-send',
    ({ setting: { life }, wasKilled }) => life.startsWith('killed, then') && wasKilled,
  ],
  [
    'busy-by-its-own-key',
    ({ setting: { past, ifBusy } }, { ended }) =>
      past === 'a use of the key' && ifBusy === 'fail' && !ended,
  ],
  ['seen-by-log-alone', ({ setting: { use } }, process) => 'wait' in use && exitOf(process) === 7],
  [
    'too-late-to-send',
    ({ world: { posts } }, { endedAt }) =>
      posts.some(({ means }) => means === 'unknown') &&
      posts.at(-1)?.means !== 'accepted' &&
      endedAt > (posts[0]?.at ?? 0) + 120 * SECOND,
  ],
];
