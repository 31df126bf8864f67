import { AFTER } from '../adapter.js';
import type { Story } from '../play.js';
import type { Process, Seen } from '../process.js';
import { ALL, SECOND } from '../setting.js';
import type { Dispatch, Entry } from '../world.js';
import {
  coreFor,
  hasReadAnother,
  isOf,
  isReplay,
  readsFor,
  sinceOf,
  statusOf,
  triggersOf,
  type Since,
  type Trigger,
} from './facts.js';

/**
 * Promise 3: exit 0 means that each targeted node has completed this action, in an activity that
 * came after the trigger was sent.
 */
export function* done(story: Story, process: Process): Generator<string> {
  const { use } = story.setting;
  if (use.is === 'watch') yield* watched(story, process);
  const run = process.ended?.run;
  if (use.is === 'wait' && run?.exitCode === 0) yield* waited(story, process);
  if (!run || use.is === 'wait') return;
  yield* rows(story, process);
  if (run.exitCode !== 0) return;
  if (hasReadAnother(process, Infinity)) yield 'exit 0 by the log of another';
  for (const trigger of triggersOf(story)) {
    const since = sinceOf(story, trigger);
    if (!since) yield 'exit 0, and nothing was sent';
    else if (run.result.outcome === 'accepted') yield* accepted(story, process, trigger, since);
    else yield* completed(story, process, trigger, since);
  }
  if (use.is === 'roll' && use.gated) yield* gated(story, process);
}

/** Rule 7: a row without an id for each node that is lacking by Core's count. */
function* lacking(story: Story, process: Process): Generator<string> {
  const { result, error } = process.ended?.run ?? {};
  const [trigger] = triggersOf(story);
  const since = trigger && sinceOf(story, trigger);
  if (!result || !since || error || result.targets !== 'observed') return;
  const core = coreFor(story.setting, process);
  if (result.core_count !== core) yield 'the result has another count than Core';
  if (result.outcome !== 'unconfirmed') return;
  const nameless = result.nodes.filter(({ node_id: node }) => node === null).length;
  const unknown = Math.max((core ?? 0) - knownNodes(process, since).size, 0);
  if (nameless !== unknown) yield 'another number of nodes is lacking than Core counts';
}

/** Those that the log lists for any runtime, or that have acted. */
function knownNodes({ ended }: Process, { listed, elsewhere }: Since): Set<bigint> {
  const rows = ended?.run?.result.nodes ?? [];
  return new Set([...listed, ...elsewhere, ...rows.flatMap(({ node_id: node }) => node ?? [])]);
}

/** What a row says has been shown, and is of this trigger. */
function* rows(story: Story, process: Process): Generator<string> {
  yield* lacking(story, process);
  const triggers = triggersOf(story);
  for (const { node_id: node, activity_id: id, status } of process.ended?.run?.result.nodes ?? []) {
    if (id === null) {
      if (status === 'missing') yield* unnamed(story, process, node);
      continue;
    }
    const entry = story.world.entries.find((one) => one.id === id);
    const trigger = triggers.find(({ nodes }) => node === null || (nodes?.includes(node) ?? true));
    const since = trigger && sinceOf(story, trigger);
    if (entry?.node !== node) {
      yield 'a row has an entry that is none';
    } else if (status !== null && status !== 'missing') {
      // Nothing else needs a POST of this key: a missing node may name the entry of an earlier one.
      if (!trigger || !since || !isOf(trigger, since, entry)) yield 'a row has an older entry';
      if (status === 'completed' && statusOf(process.seen, id) !== 'completed') {
        yield 'a row is completed, and was not';
      }
    }
  }
}

/** Rule 6: an entry above the baseline that time refutes has its id in the row. */
function* unnamed(story: Story, { seen }: Process, node: bigint | null): Generator<string> {
  const trigger = triggersOf(story).find(({ nodes }) => node !== null && nodes?.includes(node));
  const since = trigger && sinceOf(story, trigger);
  if (!since || since.from === -Infinity || since.asOf === -Infinity) return;
  const isEarly = (entry: Entry): boolean =>
    entry.node === node &&
    [...since.wasShown].every((id) => id < entry.id) &&
    entry.createdAt < since.from - SECOND &&
    isOf(trigger, { ...since, from: -Infinity }, entry) &&
    statusOf(seen, entry.id) !== null;
  if (story.world.entries.some(isEarly)) yield 'a row does not name what time refutes';
}

/** With `--no-wait`: it was sent, or every node shows that it was. */
function* accepted(
  story: Story,
  { endedAt }: Process,
  trigger: Trigger,
  since: Since,
): Generator<string> {
  if (story.world.dispatches.some(({ key }) => key === trigger.key)) return;
  const ours = story.world.entries.filter((entry) => isOf(trigger, since, entry));
  const isShown = (node: bigint): boolean =>
    ours.some((entry) => entry.node === node && entry.shownAt <= endedAt);
  if (!(trigger.nodes ?? [...since.listed]).every(isShown)) yield 'accepted, and nothing was sent';
}

function* completed(
  story: Story,
  process: Process,
  trigger: Trigger,
  since: Since,
): Generator<string> {
  const { world, setting } = story;
  const reads = readsFor(process, trigger.nodes, setting.use.is === 'roll');
  const some = world.entries.filter((entry) => isOf(trigger, since, entry));
  const hasNewer = ({ id, node }: Entry): boolean =>
    some.some((one) => one.node === node && one.id > id && statusOf(reads, one.id) !== null);
  const ours = some.filter((entry) => !since.inProgress.has(entry.id) || !hasNewer(entry));
  const dispatches = world.dispatches.filter(({ key }) => key === trigger.key);
  const hasCompleted = (node: bigint): boolean =>
    ours.some((entry) => entry.node === node && statusOf(reads, entry.id) === 'completed');
  const expect = setting.use.is === 'run' ? setting.use.expect : undefined;
  const targets = targetsOf(trigger, since, dispatches);
  if (expect === undefined) {
    const ended = new Set(ours.map(({ node }) => node).filter(hasCompleted));
    // A count excuses a name.
    const core = coreFor(setting, process) ?? Infinity;
    const isExcused = trigger.nodes === null && ended.size >= core;
    if (!isExcused && !targets.every(hasCompleted)) yield 'exit 0 without every node';
  } else {
    const seen = new Set(ours.filter(({ id }) => statusOf(reads, id) !== null).map((e) => e.node));
    if (seen.size > expect) yield 'exit 0 with more nodes than expected';
    if ([...seen].filter(hasCompleted).length < expect) yield 'exit 0 with fewer than expected';
    if (setting.core === null && ![...since.listed].every(hasCompleted)) {
      yield 'exit 0 without a node that the log lists';
    }
  }
  if (trigger.nodes === null) yield* counted(story, process, since);
  if (isReplay(story, trigger)) {
    yield* replayed(dispatches, ours, reads);
    return;
  }
  yield* noneWorse(ours, reads);
  yield* noneLater(process, since, dispatches);
  yield* noneMissed(
    process,
    ours,
    reads.at(-1)?.at ?? 0,
    dispatches,
    graceOf(trigger, since, expect),
    trigger.nodes || expect !== undefined ? null : since.listed,
  );
}

/** Rule 7: Core's count obliges, and whom it excuses is named. */
function* counted({ setting }: Story, process: Process, since: Since): Generator<string> {
  const { nodes = [], not_acted_on: left = [] } = process.ended?.run?.result ?? {};
  const core = coreFor(setting, process);
  const isCounting = setting.coreTakes > 0 && !process.hasCounted;
  if (isCounting) yield 'exit 0 before Core had counted';
  const known = knownNodes(process, since);
  if (core !== null && known.size < core) yield 'exit 0 with fewer nodes than Core counts';
  const isNamed = (node: bigint): boolean =>
    left.includes(node) || nodes.some(({ node_id: id }) => id === node);
  if (![...since.listed, ...since.elsewhere].every(isNamed)) {
    yield 'exit 0 without a word of a node that the log lists';
  }
  if (!left.every((node) => since.listed.has(node) || since.elsewhere.has(node))) {
    yield 'it names a node that the log did not list';
  }
}

/** Of every node: those that the log listed, and those that report within the grace. */
function targetsOf(
  { nodes }: Trigger,
  { listed }: Since,
  dispatches: Dispatch[],
): readonly bigint[] {
  if (nodes) return nodes;
  const grace = (listed.size === 0 ? 10 : 3) * SECOND;
  const reported = dispatches.flatMap(({ at, made }) =>
    made
      .filter(({ shownAt, goneAt }) => shownAt <= at + grace && goneAt > at + 10 * SECOND)
      .map((entry) => entry.node),
  );
  return [...new Set([...listed, ...reported])];
}

/** Of a replay the newest entry of a node counts, where the log shows it within 10 s. */
function* replayed(
  dispatches: readonly Dispatch[],
  ours: readonly Entry[],
  reads: readonly Seen[],
): Generator<string> {
  for (const { made } of dispatches) {
    for (const { id, node, shownAt, goneAt } of made) {
      const counts = shownAt <= 9 * SECOND && goneAt === Infinity;
      const isNewer = (entry: Entry): boolean => entry.node === node && entry.id >= id;
      const some = ours.filter(isNewer).map((entry) => statusOf(reads, entry.id));
      if (counts && !some.includes('completed')) yield 'exit 0 by the deploy before';
    }
  }
}

/** An entry from before the POST counts only where its node has no newer one within 10 s. */
function* noneLater(
  { ended }: Process,
  { inProgress }: Since,
  dispatches: readonly Dispatch[],
): Generator<string> {
  const rows = ended?.run?.result.nodes ?? [];
  for (const { post, made } of dispatches) {
    for (const { id, node, shownAt, goneAt } of made) {
      const inTime = shownAt <= (post?.at ?? 0) + 9 * SECOND && goneAt === Infinity;
      const isByOlder = rows.some(
        ({ node_id, activity_id: by }) =>
          node_id === node && by !== null && by < id && inProgress.has(by),
      );
      if (inTime && isByOlder) yield 'exit 0 by what was in progress before';
    }
  }
}

/** Rule 5: of several entries of a node all are waited for, and the worst counts. */
function* noneWorse(ours: readonly Entry[], reads: readonly Seen[]): Generator<string> {
  const last = reads.at(-1);
  for (const { id, goneAt } of ours) {
    const status = statusOf(reads, id);
    if (status === 'rejected') yield 'exit 0 with a rejected node';
    if (status === 'processing' && goneAt > (last?.at ?? 0)) yield 'exit 0 with an open entry';
  }
}

/** Rule 6: an entry that shows up within the grace counts. */
function graceOf({ nodes }: Trigger, { listed }: Since, expect?: number): number {
  if (nodes || expect !== undefined) return 2 * SECOND;
  return (listed.size === 0 ? 10 : 3) * SECOND;
}

function* noneMissed(
  { by, seen, endedAt }: Process,
  ours: readonly Entry[],
  decidedAt: number,
  dispatches: readonly Dispatch[],
  grace: number,
  listed: ReadonlySet<bigint> | null,
): Generator<string> {
  if (seen.some(({ isStale }) => isStale)) return;
  for (const { at, made, post } of dispatches) {
    // One that continues from a record counts from its POST.
    const wasLong = (post?.by ?? by) !== by && at > (post?.at ?? at) + SECOND;
    if (wasLong || at >= decidedAt) continue;
    const counted = made
      .filter((entry) => ours.includes(entry))
      .sort((a, b) => a.shownAt - b.shownAt);
    let newAt = -Infinity;
    const missed = counted.some(({ node, shownAt, doneAt, goneAt, end }) => {
      // Of every node, a new one gives the others more time: most to those that the log lists and
      // that have no entry of another operator in their place.
      const isTaken = ours.some(
        (one) => one.node === node && one.shownAt < shownAt && !made.includes(one),
      );
      const isAwaited = listed?.has(node) === true && !isTaken;
      const more = listed ? newAt + (isAwaited ? 10 : 2) * SECOND : -Infinity;
      if (shownAt > Math.max(at + grace, more)) return false;
      newAt = shownAt;
      return goneAt === Infinity && (end !== 'completed' || doneAt > endedAt);
    });
    if (missed) yield 'exit 0 before the grace was over';
  }
}

function* gated(story: Story, process: Process): Generator<string> {
  const { use } = story.setting;
  for (const node of use.is === 'roll' ? use.nodes : []) {
    if (process.gateEnds.get(node) === false) yield 'exit 0 with a failed gate';
    else if (!story.processes.some(({ gateEnds }) => gateEnds.get(node))) {
      yield 'exit 0 without its gate';
    }
  }
}

/** `activities wait`: by ids, or all above an id. */
function* waited(story: Story, { seen }: Process): Generator<string> {
  const { world, setting } = story;
  const { use } = setting;
  if (use.is !== 'wait') return;
  const isWanted = ({ id, node, action }: Entry): boolean =>
    'ids' in use
      ? use.ids.includes(id)
      : id > AFTER && action === 'restart' && (use.nodes?.includes(node) ?? true);
  const wanted = world.entries.filter(isWanted);
  for (const { id, goneAt } of wanted) {
    const status = statusOf(seen, id);
    if (status === 'rejected') yield 'a wait ended with 0 over a rejected node';
    if (status === 'processing' && goneAt > (seen.at(-1)?.at ?? 0)) {
      yield 'a wait ended with 0 over an open entry';
    }
  }
  if ('ids' in use) {
    if (!use.ids.every((id) => statusOf(seen, id) === 'completed')) {
      yield 'a wait ended with 0 too soon';
    }
    return;
  }
  const nodes = new Set(
    wanted.filter(({ id }) => statusOf(seen, id) === 'completed').map((e) => e.node),
  );
  const isWhole =
    use.expect === undefined
      ? (use.nodes ?? ALL).every((node) => nodes.has(node))
      : nodes.size === use.expect;
  const isExcused = use.nodes === null && nodes.size >= (setting.core ?? Infinity);
  if (!isWhole && !isExcused) yield 'a wait ended with 0 without every node';
  const listed = world.entries.flatMap(({ id, node }) => (id <= AFTER ? [node] : []));
  if (use.nodes === null && new Set([...listed, ...nodes]).size < (setting.core ?? 0)) {
    yield 'a wait ended with 0 with fewer nodes than Core counts';
  }
}

/** A watch has told of each entry as it was last shown, and ends when those are final. */
function* watched(story: Story, { ended, seen }: Process): Generator<string> {
  if (!ended?.watch) return;
  const { entries, error, anyRejected } = ended.watch;
  const [first] = seen;
  for (const { id, shownAt, goneAt } of story.world.entries) {
    const status = statusOf(seen, id);
    const told = entries.find((one) => one.id === id)?.status ?? null;
    if (status !== told) yield 'a watch did not show what it had read';
    const isEarly = first && shownAt <= first.at + 2 * SECOND && goneAt === Infinity;
    if (!isEarly) continue;
    const wasOpen = seen.some(({ shown }) =>
      shown.some((one) => one.id === id && one.status === 'processing'),
    );
    if (error === null && (told === null || told === 'processing')) yield 'a watch ended too soon';
    if (error === null && wasOpen && told === 'rejected' && !anyRejected) {
      yield 'a watch lost a rejection';
    }
  }
}
