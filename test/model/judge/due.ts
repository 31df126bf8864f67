import { keyOf, TIMEOUT } from '../adapter.js';
import type { Story } from '../play.js';
import type { Process, Seen } from '../process.js';
import { ALL, id, SECOND, type Use } from '../setting.js';
import type { Entry, Post } from '../world.js';
import { hasJoined, isBusyFor } from './before.js';
import type { Clause, Excuse, Findings } from './clauses.js';
import {
  coreFor,
  highestIn,
  isMaybeSent,
  wasUsedElsewhere,
  sinceOf,
  triggersOf,
  type Trigger,
} from './facts.js';
import { shownOf, type Shown, type Status } from './shown.js';

/*
 * Promise 4: from what a process was shown the judge says which exit codes it may end with. Most
 * ends have one.
 */

/** The exit codes that are allowed, and the clause that says so. */
export interface Due {
  codes: readonly number[];
  by: Clause;
  /** Why there are several. */
  excuse?: Excuse;
}

const COMPLETED = 0;
const REJECTED = 3;
const REFUSED = 5;
const UNCONFIRMED = 7;
const OPEN = 8;
const HALTED = 9;
const INTERRUPTED = 130;

export function* due(process: Process, { codes, by, excuse }: Due): Findings {
  if (!codes.includes(exitOf(process))) yield by;
  if (excuse) yield excuse;
}

/** Of a watch, the one that its command makes of its end. */
export function exitOf({ ended, thrown }: Process): number {
  if (ended?.run) return ended.run.exitCode;
  return (ended ? ended.watch.error?.exitCode : thrown?.exitCode) ?? COMPLETED;
}

export function dueOf(story: Story, process: Process): Due {
  const { use } = story.setting;
  if (!process.ended) return nothingSent(story, process);
  if (use.is === 'roll') return dueOfRoll(story, use, process);
  if (process.isInterrupted) return { codes: [INTERRUPTED], by: 'due-interrupt' };
  // A watch does not look whose entries they are.
  const isForeign = use.is === 'watch' && process.seen.at(-1)?.isForeign === true;
  const { code = null } = process.facts.at(-1) ?? {};
  if (code !== null && !isForeign) return { codes: [UNCONFIRMED], by: 'due-error' };
  return use.is === 'watch' ? dueOfWatch(story, process) : dueOfRun(story, process);
}

/** Its last fact failed, or the log showed a busy node, or the time of its roll is up. */
function nothingSent(story: Story, process: Process): Due {
  const { use } = story.setting;
  const by = 'due-nothing-sent';
  if (wasStopped(process)) return { codes: [INTERRUPTED], by };
  const { code = null, at = 0 } = process.facts.at(-1) ?? {};
  const endsBy = (use.is === 'roll' && use.timeoutMs) || Infinity;
  if (code !== null && (process.endedAt < endsBy || at >= endsBy)) return { codes: [code], by };
  const isRefused = process.endedAt >= endsBy || isRefusedForNodes(story, process);
  return { codes: isRefused ? [REFUSED] : [], by };
}

/** The last read showed a busy node, or one that was not agreed to. */
function isRefusedForNodes(story: Story, process: Process): boolean {
  const last = process.seen.at(-1);
  const isBusy = last?.shown.some(({ status }) => status === 'processing') === true;
  return (isBusy && story.setting.ifBusy !== 'ignore') || hasJoined(story, last);
}

/** Also by the first Ctrl-C of a roll. */
const wasStopped = ({ isInterrupted, isEasing }: Process): boolean => isInterrupted || isEasing;

function dueOfRun(story: Story, process: Process): Due {
  const [trigger] = triggersOf(story);
  if (!trigger) throw new Error('no trigger');
  if (!waitsIn(story.setting.use)) {
    // What the log shows may be another operator's.
    const isByLog = process.facts.at(-1)?.of === 'read';
    return { codes: [isByLog ? UNCONFIRMED : COMPLETED], by: 'due-accepted' };
  }
  if (wasUsedElsewhere(story, trigger)) {
    const codes = looselyByLog(story, process, trigger);
    if (isUnsettled(story, process, trigger)) codes.push(OPEN);
    return { codes, by: 'due-log', excuse: 'used-elsewhere' };
  }
  const statuses = statusesOf(story, process, trigger);
  if (codeOf(statuses) === COMPLETED && isUnsettled(story, process, trigger)) {
    return { codes: [COMPLETED, OPEN], by: 'due-log', excuse: 'unsettled' };
  }
  return { codes: [codeOf(statuses)], by: 'due-log' };
}

/** At the deadline its newest entry was first shown less than 10 s ago: another may report. */
function isUnsettled({ world }: Story, { seen, endedAt }: Process, { nodes }: Trigger): boolean {
  const last = seen.at(-1)?.at ?? 0;
  const isNew = ({ id }: Entry): boolean => {
    const first = seen.find(({ shown }) => shown.some((one) => one.id === id));
    return first !== undefined && first.endedAt > last - 10 * SECOND;
  };
  return nodes === null && endedAt >= TIMEOUT && world.entries.some(isNew);
}

/** Null: a target has no entry, or there are too many. */
type Statuses = readonly Status[] | null;

const codeOf = (statuses: Statuses): number => {
  if (!statuses || statuses.includes('missing')) return UNCONFIRMED;
  if (statuses.includes('rejected')) return REJECTED;
  return statuses.includes('processing') ? OPEN : COMPLETED;
};

/** That of each target. */
function statusesOf(story: Story, process: Process, trigger: Trigger): Statuses {
  const shown = shownOf(story, process, trigger);
  const { use } = story.setting;
  const targets = 'ids' in use ? use.ids : trigger.nodes;
  const isWhole = targets
    ? targets.every((one) => shown?.has(one))
    : shown && isEveryNode(story, process, trigger, shown);
  return shown && isWhole ? [...shown.values()] : null;
}

/** Rule 7: L, M, C and N are as there. */
function isEveryNode(story: Story, process: Process, trigger: Trigger, shown: Shown): boolean {
  const { use } = story.setting;
  const { listed, forOthers } = listedFor(story, trigger);
  const expect = 'expect' in use ? use.expect : undefined;
  if (!waitsIn(use)) return shown.size > 0 && [...listed].every((node) => shown.has(node));
  const core = coreFor(story.setting, process) ?? 0;
  const isCountReached = core > 0 && shown.size >= Math.max(core, expect ?? 0);
  const isListed = isCountReached || [...listed].every((node) => shown.has(node));
  const known = new Set([...listed, ...forOthers, ...shown.keys()]);
  const hasExpected = expect === undefined ? shown.size > 0 : shown.size === expect;
  return isListed && hasExpected && known.size >= core;
}

const waitsIn = (use: Use): boolean => use.is !== 'run' || use.wait !== false;

/** A wait has listed those that the log showed up to where it starts. */
function listedFor(story: Story, trigger: Trigger) {
  const none: ReadonlySet<bigint> = new Set();
  if (story.setting.use.is !== 'wait') {
    return sinceOf(story, trigger) ?? { listed: none, forOthers: none };
  }
  const { past } = story.setting;
  const listed = [
    ...(past === 'nothing' ? [] : ALL),
    ...(past === 'a node that left' ? [id(5)] : []),
  ];
  return {
    listed: new Set(listed),
    forOthers: new Set(past === 'a node for others' ? [id(5)] : []),
  };
}

/** A key that was used elsewhere: an entry may be of that use, or too old. */
function looselyByLog(story: Story, process: Process, trigger: Trigger): number[] {
  const since = sinceOf(story, trigger);
  const isRecent = ({ node, createdAt }: Entry): boolean =>
    since !== null && createdAt >= since.from && (trigger.nodes?.includes(node) ?? true);
  const shown = story.world.entries.filter(isRecent).flatMap(({ id, node }) =>
    process.seen.flatMap((read) => {
      const status = read.shown.find((one) => one.id === id)?.status;
      return status === undefined ? [] : [{ node, status }];
    }),
  );
  const has = (wanted: string, node?: bigint): boolean =>
    shown.some((one) => one.status === wanted && (node ?? one.node) === one.node);
  const codes = [UNCONFIRMED];
  if (has('rejected')) codes.push(REJECTED);
  if (has('processing')) codes.push(OPEN);
  const waits = waitsIn(story.setting.use);
  const targets = trigger.nodes ?? [...(since?.listed ?? [])];
  const isDone = (node: bigint): boolean =>
    waits ? has('completed', node) : shown.some((one) => one.node === node);
  return targets.every(isDone) ? [...codes, COMPLETED] : codes;
}

/** It waits for what was dispatched before it started: what it showed within three seconds. */
function dueOfWatch({ world }: Story, { seen }: Process): Due {
  const [first] = seen;
  const highest = first ? highestIn(first) : 0n;
  const isOpen = ({ id }: { id: bigint }): boolean => {
    const reads = seen.filter(({ shown }) => shown.some((one) => one.id === id));
    const last = reads.findLast(({ shown }) => shown.some((one) => one.id === id));
    const isAwaited =
      id < highest || (reads[0]?.at ?? Infinity) < (first?.endedAt ?? 0) + 3 * SECOND;
    return isAwaited && last?.shown.find((one) => one.id === id)?.status === 'processing';
  };
  return { codes: [world.entries.some(isOpen) ? OPEN : COMPLETED], by: 'due-watch' };
}

/** If several codes apply, an interrupt comes first, then 7, 3, 9, 8. */
function dueOfRoll(story: Story, use: Use & { is: 'roll' }, process: Process): Due {
  const by = 'due-roll';
  const triggers = triggersOf(story);
  if (triggers.some((trigger) => wasUsedElsewhere(story, trigger))) {
    const codes = triggers.flatMap((trigger) => looselyByLog(story, process, trigger));
    const all = new Set([...codes, OPEN, HALTED, INTERRUPTED]);
    return { codes: [...all], by, excuse: 'used-elsewhere' };
  }
  const ends = triggers.map((trigger) =>
    wasSent(story, process, trigger) ? codeOf(statusesOf(story, process, trigger)) : null,
  );
  const isPassed = (node: bigint, n: number): boolean =>
    ends[n] === COMPLETED && !isCut(process, node) && (!use.gated || hasPassed(process, node));
  if (use.nodes.every(isPassed)) return { codes: [COMPLETED], by };
  if (wasStopped(process)) return { codes: [INTERRUPTED], by: 'due-interrupt' };
  if (hasFailed(story, process)) return { codes: [UNCONFIRMED], by: 'due-error' };
  const worst = [UNCONFIRMED, REJECTED].find((code) => ends.includes(code));
  if (worst !== undefined) return { codes: [worst], by };
  const isHalted = [...process.gateEnds.values()].includes(false);
  return isHalted ? { codes: [HALTED], by: 'due-gate' } : { codes: [OPEN], by };
}

/** Its node was ended by a read that failed, or by an interrupt. */
function isCut({ facts, nodeEnds, interruptedAt }: Process, node: bigint): boolean {
  const settledAt = nodeEnds.get(node)?.at ?? Infinity;
  const isByRead = facts.some(
    ({ of, code, at }) => of === 'read' && code !== null && at === settledAt,
  );
  return isByRead || settledAt >= interruptedAt;
}

/** From here, or from where the record came that it has found. */
const wasSent = ({ world }: Story, { by, found }: Process, { key }: Trigger): boolean =>
  found.has(key) ||
  world.posts.some((post) => post.by === by && post.key === key && isMaybeSent(post));

const hasPassed = ({ gateEnds, found }: Process, node: bigint): boolean =>
  gateEnds.get(node) ?? found.get(keyOf([node]))?.kept.marks.has('passed') ?? false;

/** Something was sent, and the roll ended by an error: of a read, or of a node without a POST. */
function hasFailed(story: Story, process: Process): boolean {
  const { facts, by, deniedAt, seen } = process;
  const isLast = (facts.at(-1)?.code ?? null) !== null;
  if (wasBusyTooLong(story, process)) return true;
  if (isLast || deniedAt < Infinity || seen.some(({ isForeign }) => isForeign)) return true;
  const postsOf = (key: string): Post[] =>
    story.world.posts.filter((post) => post.by === by && post.key === key);
  // It was refused, or no try may follow two minutes after the first.
  const isFinal = (key: string, at: number): boolean => {
    const posts = postsOf(key);
    const isOver = posts.some((post) => at > post.at + 120 * SECOND);
    return isOver || posts.some(({ means }) => means === 'no');
  };
  return facts.some(({ of, code, key, at }) => {
    if (code === null) return false;
    if (of === 'refusal') return true;
    const isUnsent = key !== null && !wasSent(story, process, { key, nodes: null });
    return isUnsent && (of === 'record' || isFinal(key, at));
  });
}

/** With `--if-busy wait`: a node is busy still when the time to wait for it is up. */
function wasBusyTooLong(story: Story, process: Process): boolean {
  const { seen } = process;
  const unsent = triggersOf(story).filter((trigger) => !wasSent(story, process, trigger));
  const isBusy = isBusyFor(
    story,
    unsent.flatMap(({ nodes }) => nodes ?? []),
  );
  const first = seen.find(isBusy);
  const isOver = ({ at }: Seen): boolean => first !== undefined && at >= first.at + TIMEOUT;
  return story.setting.ifBusy === 'wait' && seen.some((read) => isOver(read) && isBusy(read));
}
