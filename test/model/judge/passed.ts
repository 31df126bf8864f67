import type { Story } from '../play.js';
import type { Process } from '../process.js';
import { processesOf, SECOND } from '../setting.js';
import type { EXCUSES, Findings } from './clauses.js';
import { exitOf } from './due.js';
import { coreFor, isMaybeSent } from './facts.js';

/** They leave open whether a POST was run, and it can be found out. */
const UNCERTAIN: ReadonlySet<unknown> = new Set([
  ...['lost before', 'lost after', 'arrives later', '503 before', '503 after', '408 after'],
  ...['409 of a gateway', '200 after', 'a bug after', 'sleeps, lost after', 'redirect after'],
  'doubled by a gateway',
]);

/** What goes by, goes by: all of it ends as if nothing had been, where nothing lasts. */
const PASSING: ReadonlySet<unknown> = new Set([
  ...UNCERTAIN,
  ...['connected late', 'refused', '429', '425', 'in progress', 'all of it', 4 * SECOND],
  ...['killed', 'killed before', 'killed after'],
  ...['another continues', 'another continues to its end'],
]);

/** All that went wrong has gone by, so it ends as it does where nothing went wrong. */
export function* passed(story: Story, process: Process): Findings {
  const { outage } = story.setting;
  if (outage && outage.is !== 'lost') return;
  if (!story.faults.every((fault) => goesBy(story, process, fault))) return;
  const exit = exitOf(process);
  if (exit === wantedOf(story, process)) return;
  const excuse = EXCUSED.find(([, isExcused]) => isExcused(story, process));
  yield excuse ? excuse[0] : 'as-if-nothing-had-been';
}

function goesBy({ setting, world }: Story, process: Process, fault: unknown): boolean {
  if (fault === 'doubled, running') return setting.takes < 10 * SECOND;
  if (fault !== 'unreadable') return PASSING.has(fault);
  // A read that fails once is of no matter where something was sent before.
  const first = world.posts.find((post) => post.by === process.by && isMaybeSent(post));
  const reads = process.facts.filter(({ of, code }) => of === 'read' && code !== null);
  return setting.use.is === 'run' && first !== undefined && reads.every(({ at }) => at > first.at);
}

/** The exit code of a story in which nothing goes wrong. */
function wantedOf({ setting }: Story, process: Process): number {
  const { use, past, ifBusy } = setting;
  if (past === 'a busy node' && ifBusy === 'fail') return 5;
  if (!('nodes' in use) || use.nodes !== null || 'wait' in use) return 0;
  if ('expect' in use && use.expect !== 3) return 7;
  const core = coreFor(setting, process) ?? 0;
  const known = KNOWN[past] ?? 3;
  return isLeft(setting, core) || core > known ? 7 : 0;
}

/** How many nodes the log lists, for whatever runtime. */
const KNOWN: Record<string, number> = { 'a node that left': 4, 'a node elsewhere': 4 };

/** The log lists a node that is gone, and no count excuses it. */
const isLeft = ({ past }: Story['setting'], core: number): boolean =>
  past === 'a node that left' && (core === 0 || core > 3);

type Excused = [keyof typeof EXCUSES, (story: Story, process: Process) => boolean];

const isLost = ({ wasKilled, setting, world }: Story): boolean =>
  wasKilled || processesOf(setting) > 1 || world.posts.some(({ means }) => means === 'unknown');

const EXCUSED: readonly Excused[] = [
  // One that may have sent takes nothing any more for what an earlier runner did.
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
  // One was lost, and two minutes after the first no other may follow.
  [
    'no-time-left',
    ({ world: { posts } }, { endedAt }) =>
      posts.some(({ means }) => means === 'unknown') &&
      posts.at(-1)?.means !== 'accepted' &&
      endedAt > (posts[0]?.at ?? 0) + 120 * SECOND,
  ],
];
