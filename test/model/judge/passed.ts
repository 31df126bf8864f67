import type { Story } from '../play.js';
import type { Process } from '../process.js';
import { coreFor, isMaybeSent } from './facts.js';
import { processesOf, SECOND } from '../setting.js';

/** They leave open whether a POST was run, and it can be found out. */
const UNCERTAIN: ReadonlySet<unknown> = new Set([
  ...['lost before', 'lost after', 'arrives later', '503 before', '503 after', '408 after'],
  ...[
    '409 of a gateway',
    '200 after',
    'a bug after',
    'sleeps, lost after',
    'redirect after',
    'doubled by a gateway',
  ],
]);

/** What goes by, goes by: all of it ends as if nothing had been, where nothing lasts. */
const PASSING: ReadonlySet<unknown> = new Set([
  ...UNCERTAIN,
  ...[
    'connected late',
    'refused',
    '429',
    '425',
    'in progress',
    'all of it',
    'doubled, running',
    4 * SECOND,
  ],
  ...[
    'killed',
    'killed before',
    'killed after',
    'another continues',
    'another continues to its end',
  ],
]);

/** It ends as it should where all that went wrong has passed. */
export function* passed(story: Story, process: Process): Generator<string> {
  const { by, ended, thrown, failedReads, seen } = process;
  const { setting, faults, wasKilled, world } = story;
  const { use, past, ifBusy, life } = setting;
  // A read that fails once is of no matter where something was sent before.
  const firstPost = world.posts.find((post) => post.by === by && isMaybeSent(post));
  const isLater = firstPost && failedReads.every((at) => at > firstPost.at);
  const goesBy = (fault: unknown): boolean =>
    (PASSING.has(fault) && (fault !== 'doubled, running' || setting.takes < 10 * SECOND)) ||
    (fault === 'unreadable' && use.is === 'run' && isLater === true);
  if (!faults.every(goesBy)) return;
  // One that may have sent takes nothing any more for what an earlier runner did.
  const isOlder = past === 'a use of the key';
  if (isOlder && (!setting.hasDate || faults.some((fault) => UNCERTAIN.has(fault)))) return;
  // The late entry counts as a trace of what was lost.
  const isLost =
    wasKilled || processesOf(setting) > 1 || world.posts.some(({ means }) => means === 'unknown');
  if (past === 'a late entry' && isLost) return;
  // Where not all of the ids were in the log at first, it need not wait for them.
  const [start] = seen;
  const isThere = (id: bigint): boolean => start?.shown.some((one) => one.id === id) ?? false;
  if ('ids' in use && !use.ids.every(isThere)) return;
  // What takes nearly all of its time may be too late.
  if (setting.takes > 50 * SECOND && faults.length > 0) return;
  if (use.is === 'roll' && use.timeoutMs !== undefined) return;
  // A server that sorts without a tie-breaker loses entries, and that is said.
  if (setting.log === 'by time') return;
  // Another node of a roll, or another process, may have had something to send again by then.
  if ((use.is === 'roll' || processesOf(setting) > 1) && faults.includes('sleeps, lost after')) {
    return;
  }
  // Another API key never sends again what may have been sent, nor does a clock that was set back.
  if (life.startsWith('killed, then') && wasKilled) return;
  if (ended?.watch) {
    if (ended.watch.error) yield 'a watch failed though all went by';
    return;
  }
  // What the runner before has sent keeps the nodes busy, too.
  if (past === 'a use of the key' && ifBusy === 'fail' && !ended) return;
  if (past === 'a busy node' && ifBusy === 'fail') {
    if (ended) yield 'it went ahead over a busy node';
    return;
  }
  const expect = 'expect' in use ? (use.expect ?? 3) : 3;
  const isWrong = 'nodes' in use && use.nodes === null && expect !== 3 && !('wait' in use);
  // One that is later than the grace is not seen.
  if (expect < 3 && faults.includes(4 * SECOND)) return;
  const core = coreFor(setting, process) ?? 0;
  // One that is not excused, or one that Core counts and no one knows.
  const isLeft = past === 'a node that left' && (core === 0 || core > 3);
  const known = past === 'a node that left' || past === 'a node elsewhere' ? 4 : 3;
  const isObserved = 'nodes' in use && use.nodes === null && !('wait' in use);
  const wanted = isWrong || (isObserved && (isLeft || core > known)) ? 7 : 0;
  const exit = ended?.run.exitCode ?? null;
  // With --no-wait it was accepted, unless only the log could say so.
  if (isLeft && 'wait' in use && exit === 7) return;
  if (exit !== wanted) {
    const said =
      exit === null ? (thrown instanceof Error ? thrown.message : 'nothing') : `exit ${exit}`;
    yield `${said} though all went by`;
  }
}
