import { keyOf } from '../adapter.js';
import type { Story } from '../play.js';
import type { Process } from '../process.js';
import { isKept, isKilled, nodesOf, SECOND, type Use } from '../setting.js';
import type { Findings } from './clauses.js';
import { isLasting, isMaybeSent, triggersOf } from './facts.js';

/** Of each outcome. */
const EXITS: Record<string, number> = {
  ...{ completed: 0, accepted: 0, rejected: 3, unconfirmed: 7, timed_out: 8, halted: 9 },
  interrupted: 130,
};

/** Promise 4, beside the exit code: whether anything was sent, and how to continue. */
export function* told(story: Story, process: Process): Findings {
  const { use } = story.setting;
  if (use.is === 'roll') yield* ofRoll(story, use, process);
  if (process.thrown) yield* deniesSending(story, process);
  const run = process.ended?.run;
  if (!run) return;
  if (EXITS[run.result.outcome] !== run.exitCode) yield 'due-outcome';
  yield* continued(story, process);
  if (run.result.outcome === 'unconfirmed' && isKilled(story.setting)) {
    yield* unsent(story, process);
  }
}

/** These end a run only if this key was never sent from here. */
const GUARDS: ReadonlySet<string> = new Set(['busy', 'wrong_deployment', 'wrong_tenant']);

function* deniesSending({ world, setting }: Story, process: Process): Findings {
  const { by, seen, endedAt, thrown } = process;
  const isByGuard = thrown !== null && GUARDS.has(thrown.code);
  if (isByGuard && isKept(setting) && setting.use.is === 'run') {
    const wasSent = world.posts.some((post) => isMaybeSent(post) && post.at < endedAt);
    if (wasSent) yield 'guard-after-sent';
  }
  if (setting.use.is === 'wait' && seen.some(({ isForeign }) => !isForeign)) {
    yield 'hides-what-it-read';
  }
  if (world.posts.some((post) => post.by === by && isMaybeSent(post))) yield 'denies-what-it-sent';
}

/** After these answers, what has run is below the baseline of the next POST. */
const RAN_BEFORE: ReadonlySet<string> = new Set([
  'in progress',
  '429 of a gateway that has sent it on',
]);

/** If anything is left to follow, a command is printed that follows it from where it should. */
function* continued(story: Story, { ended }: Process): Findings {
  const { result, resume = null } = ended?.run ?? {};
  const isLeft = result?.nodes.some(({ status }) => status !== 'completed' && !isLasting(status));
  if (isLeft && resume === null) yield 'says-no-next';
  // Entries of a replay, or of what was in progress, may be older than the baseline.
  const { world, setting } = story;
  const isOlder = world.posts.some(({ replayed, met }) => replayed || RAN_BEFORE.has(met));
  if (!resume || !('after' in resume) || isOlder || setting.past === 'a use of the key') return;
  for (const { key } of triggersOf(story)) {
    const own = world.entries.filter(({ dispatch }) => dispatch?.key === key);
    if (own.some(({ id }) => id <= resume.after)) yield 'next-is-too-high';
  }
}

/** If every POST is known to have been refused, nothing is unconfirmed. */
function* unsent({ world, setting, processes, faults }: Story, { by }: Process): Findings {
  const key = keyOf(nodesOf(setting));
  const posts = world.posts.filter((post) => post.key === key && post.by < by);
  const isKnown = posts.every(
    (post) =>
      !isMaybeSent(post) && processes[post.by]?.seen.some(({ at }) => at > post.endedAt) === true,
  );
  const isEach = posts.length > 0 && posts.length === world.disk.get(key)?.length;
  if (isKnown && isEach && !faults.includes('unwritable')) yield 'unsent-is-unconfirmed';
}

function* ofRoll(story: Story, use: Use & { is: 'roll' }, process: Process): Findings {
  if (hasAskedAgain(story, use, process)) yield 'gate-once';
  const run = process.ended?.run;
  if (!run) return;
  yield* gaveUp(story, process);
  const isByNode = run.error === null || run.error.code === 'fate_unknown';
  const isCut = process.isEasing || process.isInterrupted || use.timeoutMs !== undefined;
  if (isByNode && !isCut && !use.gated) yield* leftOut(story, process);
}

/** Its process has noted that a gate passed before it goes on to the next node. */
function hasAskedAgain(
  { processes, world, faults }: Story,
  use: Use & { is: 'roll' },
  { by, gateEnds }: Process,
): boolean {
  if (faults.includes('unwritable')) return false;
  return processes.slice(0, by).some((earlier) =>
    use.nodes.some((node, n) => {
      const later = use.nodes.slice(n + 1).map((one) => keyOf([one]));
      const wentOn = world.posts.some((post) => post.by === earlier.by && later.includes(post.key));
      return earlier.gateEnds.get(node) === true && gateEnds.has(node) && wentOn;
    }),
  );
}

/** A node of a roll is given up only once the server may have forgotten its key. */
function* gaveUp({ world }: Story, { ended, endedAt }: Process): Findings {
  for (const { node_id: node, status } of ended?.run?.result.nodes ?? []) {
    if (status !== 'unconfirmed' || node === null) continue;
    const first = world.posts.find((post) => post.key === keyOf([node]));
    if (endedAt < (first?.at ?? 0) + 540 * SECOND) yield 'roll-gives-up';
  }
}

/** A roll leaves out no node without a reason. */
function* leftOut({ processes }: Story, { ended, by, startedAt }: Process): Findings {
  const rows = ended?.run?.result.nodes ?? [];
  if (!rows.some(({ status }) => status === 'not_started')) return;
  // When it started, another process had been halted by it.
  const isOld = (node: bigint | null): boolean =>
    node !== null &&
    processes.slice(0, by).some(({ noted }) => (noted.get(keyOf([node])) ?? Infinity) < startedAt);
  const halting = rows.filter(({ status }) => status !== 'not_started' && status !== 'completed');
  if (halting.every(({ status, node_id: node }) => isLasting(status) && isOld(node))) {
    yield 'roll-halts-again';
  }
}
