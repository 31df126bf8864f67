import { Interrupted, type LdctlError } from '../../src/base/errors.js';
import type { KeptRun, RunJournal, RunRecord } from '../../src/base/journal.js';
import type { Activity } from '../../src/base/activity.js';
import type { DriveTools } from '../../src/job/drive.js';
import type { Entries } from '../../src/job/entries.js';
import type { Fact, Job, Step } from '../../src/job/job.js';
import type { Roll, RollNode, RollPlan } from '../../src/job/roll.js';
import type { Run, RunPlan, WaitPlan } from '../../src/job/run-read.js';
import type { WatchResult } from '../../src/job/watch.js';
import type { LogRead } from '../../src/log/log.js';
import { MemoryJournal } from './disk.js';
import { SECOND } from './setting.js';

/** One rule of the job, broken on purpose: the model has to find it. */
export interface Sabotage {
  name: string;
  /** The one setting that is meant to find it. */
  setting: string;
  /** How many faults that takes. */
  faults: number;
  changes: readonly Change[];
}

/** Something is put in the place of a function or a limit. @returns puts it back */
type Change = () => () => void;

/** What test/model/loader.js lets be set, by file. */
type Places = Record<string, Record<string, unknown> | undefined>;

function placeOf(file: string, name: string): Record<string, unknown> {
  const { places } = globalThis as { places?: Places };
  const found = places?.[file];
  if (!found || !(name in found)) throw new Error(`no such function or limit: ${file} ${name}`);
  return found;
}

function swap(holder: Record<string, unknown>, name: string, to: unknown): () => void {
  const before = holder[name];
  holder[name] = to;
  return () => void (holder[name] = before);
}

/** @param instead what a function does in place of itself */
function put<A extends unknown[], R>(
  file: string,
  name: string,
  instead: (original: (...args: A) => R, ...args: A) => R,
): Change {
  return () => {
    const place = placeOf(file, name);
    const original = place[name] as (...args: A) => R;
    return swap(place, name, (...args: A) => instead(original, ...args));
  };
}

function limit(file: string, name: string, value: number): Change {
  return () => swap(placeOf(file, name), name, value);
}

/** The same for a method. */
function method<T, A extends unknown[], R>(
  file: string,
  [type, name]: [string, string],
  instead: (self: T, original: (...args: A) => R, ...args: A) => R,
): Change {
  return () => {
    const holder = placeOf(file, type)[type] as { prototype: Record<string, unknown> };
    return inPlaceOf(holder.prototype, name, instead);
  };
}

function inPlaceOf<T, A extends unknown[], R>(
  holder: Record<string, unknown>,
  name: string,
  instead: (self: T, original: (...args: A) => R, ...args: A) => R,
): () => void {
  const original = holder[name] as (...args: A) => R;
  if (typeof original !== 'function') throw new Error(`no such method: ${name}`);
  return swap(holder, name, function (this: T, ...args: A): R {
    return instead(this, (...same: A) => original.apply(this, same), ...args);
  });
}

type Standing = ReturnType<Entries['standing']>;
type Rows = ReturnType<Entries['rows']>;

const standing = (change: (standing: Standing, entries: Entries) => Partial<Standing>): Change =>
  method<Entries, [], Standing>('job/entries', ['Entries', 'standing'], (self, original) => {
    const is = original();
    return { ...is, ...change(is, self) };
  });

/** The plan of a run, or of a roll, is another. */
const plan = (change: (plan: RunPlan) => Partial<RunPlan>): Change =>
  put<[RunPlan, KeptRun | null, number], Run>(
    'job/run',
    'createRun',
    (original, asked, kept, now) => original({ ...asked, ...change(asked) }, kept, now),
  );
const rollPlan = (change: (plan: RollPlan) => Partial<RollPlan>): Change =>
  put<[RollPlan, ReadonlyMap<bigint, KeptRun>, number, () => string], Job>(
    'job/index',
    'rollJob',
    (original, asked, ...rest) => original({ ...asked, ...change(asked) }, ...rest),
  );

const grace = (change: (run: Run, ms: number) => number): Change =>
  put<[Run], number>('job/run-read', 'graceOf', (original, run) => change(run, original(run)));

type Post = Step & { do: 'post' };
const post = (
  change: (
    original: (step: Post, tools: DriveTools) => Promise<Fact>,
    step: Post,
    tools: DriveTools,
  ) => Promise<Fact>,
): Change => put<[Post, DriveTools], Promise<Fact>>('job/drive', 'post', change);

const fact = (change: (fact: Fact, run: Run) => Fact | null): Change =>
  put<[Run, Fact, number], void>('job/run', 'takeOfRun', (original, run, told, now) => {
    const other = change(told, run);
    if (other) original(run, other, now);
  });

const answers = (from: string, to: string): Change =>
  put<[unknown], string>('job/answer', 'classify', (original, answer) => {
    const is = original(answer);
    return is === from ? to : is;
  });

const sabotage = (
  name: string,
  setting: string,
  faults: number,
  ...changes: Change[]
): Sabotage => ({
  name,
  setting,
  faults,
  changes,
});

export const SABOTAGES: readonly Sabotage[] = [
  // At most once.
  sabotage(
    'it posts again without reading',
    'named nodes, keys ignored',
    1,
    method<Run, [number, number?], void>(
      'job/run-read',
      ['Run', 'lose'],
      (self, original, at, now) => {
        original(at, now);
        Object.assign(self, { phase: 'ready', waitUntil: (now ?? at) + SECOND });
      },
    ),
  ),
  sabotage(
    'a read right after the loss proves it',
    'named nodes, keys ignored',
    1,
    limit('job/run-read', 'READ_AFTER', 0),
  ),
  sabotage(
    'a redirect is sent again',
    'named nodes',
    1,
    put<[Run, LdctlError, number, number], void>('job/run', 'failed', (original, run, ...rest) => {
      original(run, ...rest);
      run.redirected = false;
    }),
  ),
  sabotage(
    'a 403 after a lost answer is a no',
    'a log that shows late',
    2,
    method<Run, [LdctlError], void>('job/run-read', ['Run', 'giveUp'], (self, original, error) => {
      original(error);
      if (error.code === 'denied') self.end = { outcome: null, error };
    }),
  ),
  sabotage('a 503 is a no', 'one node', 1, answers('uncertain', 'definite-no')),
  sabotage(
    'what was refused is not tried again',
    'one node',
    1,
    answers('not-sent', 'definite-no'),
  ),
  sabotage('a no is tried again', 'one node', 1, answers('definite-no', 'uncertain')),
  sabotage(
    'no record before the POST',
    'killed and run again',
    1,
    plan(() => ({ kept: false })),
  ),
  sabotage(
    'the record is written after the POST',
    'killed and run again',
    1,
    post(async (original, step, tools) => {
      const { supervisor, journal } = tools;
      if (!step.record || !journal) return original(step, tools);
      const answer = await supervisor.trigger(step.request).catch((error: unknown) => error);
      const begun = journal.begin({ ...step.record, postedAt: tools.clock.now() }, step.after);
      const generation = 'made' in begun ? begun.made : 0;
      if (answer instanceof Interrupted) return { is: 'stopped', reason: answer, posting: true };
      return { is: 'answered', answer: answer as LdctlError, at: tools.clock.now(), generation };
    }),
  ),
  sabotage(
    'it sends though the record cannot be written',
    'killed and run again',
    1,
    post(async (original, step, tools) => {
      const told = await original(step, tools);
      return told.is === 'unnoted' ? original({ ...step, record: null }, tools) : told;
    }),
  ),
  sabotage(
    'a record is sent again forever',
    'killed and run again',
    1,
    limit('job/run', 'RESEND', 1e12),
  ),
  sabotage(
    'the nine minutes begin anew with each record',
    'killed and run again',
    1,
    put<[Run, KeptRun, number], void>('job/run', 'goOnFrom', (original, run, kept, now) =>
      original(run, { ...kept, ageMs: 0 }, now),
    ),
  ),
  sabotage(
    'a stale record is followed forever',
    'killed and run again',
    1,
    put<[Run, number, number], void>('job/run-read', 'readUncertain', (original, run, at, now) => {
      if (run.entries.byId.size > 0 || !run.isTooLate(now)) original(run, at, now);
    }),
  ),
  sabotage(
    'a record is replaced by one that slept',
    'two processes that do not wait',
    2,
    fact((told, run) => {
      if (told.is !== 'found') return told;
      Object.assign(run.trigger ?? {}, { kept: false });
      return null;
    }),
  ),
  sabotage(
    'a POST that continues from a record makes none',
    'two processes that do not wait, the first POST lost',
    2,
    () =>
      inPlaceOf<RunJournal, [RunRecord, number], ReturnType<RunJournal['begin']>>(
        MemoryJournal.prototype as unknown as Record<string, unknown>,
        'begin',
        (self, original, record, after) => {
          const kept = self.read(record.key);
          return kept?.generation === after && !kept.accepted
            ? { made: after }
            : original(record, after);
        },
      ),
  ),
  // What comes before the POST.
  sabotage('a baseline is fresh forever', 'one node', 1, limit('job/run', 'FRESH', Infinity)),
  sabotage(
    "another deployment's entries count",
    'one node',
    1,
    put<unknown[], null>('job/entries', 'notOurs', () => null),
  ),
  sabotage(
    "another tenant's entries count",
    'one node, a tenant',
    1,
    plan(() => ({ tenant: null })),
  ),
  sabotage(
    '--if-busy fail goes ahead',
    'one node, busy, if busy fail',
    0,
    put<unknown[], never[]>('job/run-read', 'busyOf', () => []),
  ),
  sabotage(
    '--if-busy wait does not wait',
    'one node, busy, if busy wait',
    0,
    plan(() => ({ ifBusy: 'ignore' })),
  ),
  sabotage(
    'a baseline is read as if nothing was left out',
    'a roll by twos',
    1,
    put<[Run, LogRead, number], void>('job/run-read', 'readBefore', (original, run, log, now) =>
      original(run, { ...log, above: undefined }, now),
    ),
  ),
  // Done.
  sabotage(
    'older entries count',
    'a roll by twos',
    1,
    put<unknown[], boolean>('job/run-read', 'isRecent', () => true),
  ),
  sabotage('every node is done when one is', 'every node', 1, ...oneIsEnough()),
  sabotage('one node is enough of two', 'named nodes', 1, ...oneIsEnough()),
  sabotage(
    'a count is met by fewer',
    'a count',
    1,
    plan(({ expect }) => ({ expect: expect === null ? null : expect - 1 })),
  ),
  sabotage(
    'more nodes than expected are fine',
    'two of three nodes expected',
    1,
    standing(() => ({ tooMany: false })),
  ),
  sabotage(
    'no grace for a second entry',
    'named nodes',
    1,
    grace(({ entries, replay }, ms) => (entries.targets === 'observed' || replay ? ms : 0)),
  ),
  sabotage(
    'an empty log has the short grace',
    'every node, an empty log',
    1,
    grace(({ entries, replay }, ms) =>
      entries.targets === 'observed' && !replay ? 3 * SECOND : ms,
    ),
  ),
  sabotage(
    'it is done although a second entry of a node is open',
    'named nodes',
    1,
    standing(({ open }, { byId }) => {
      const ended = (one: Activity): boolean =>
        [...byId.values()].some(
          ({ activity }) => activity.node_id === one.node_id && activity.status === 'completed',
        );
      return { open: open.filter((one) => !ended(one)) };
    }),
  ),
  sabotage(
    'a rejected node is forgotten',
    'named nodes',
    1,
    put<[Run, number], void>('job/run-read', 'judge', (original, run, at) => {
      original(run, at);
      if (run.end?.outcome === 'rejected') run.end.outcome = 'completed';
    }),
  ),
  sabotage(
    'a replay is done by the first that it finds',
    'a use of the key without a record',
    1,
    grace(({ replay }, ms) => (replay ? 0 : ms)),
  ),
  sabotage(
    'a replay takes the older entry',
    'one node, used before',
    1,
    put<[Run, Activity[]], Activity[]>('job/run-read', 'dropOlder', (_, __, recent) =>
      recent.filter(({ id, node_id: node }) =>
        recent.every((other) => other.node_id !== node || other.id >= id),
      ),
    ),
  ),
  sabotage(
    'a replay is taken by a run that may have sent',
    'one node',
    2,
    put<[Run, Fact, number], void>('job/run', 'answered', (original, run, told, now) => {
      run.sentHere = false;
      original(run, told, now);
    }),
  ),
  // How it ended.
  sabotage(
    'an interrupt within a POST is nothing',
    'named nodes',
    1,
    fact((told) => (told.is === 'stopped' ? { ...told, posting: false } : told)),
  ),
  sabotage(
    'an interrupt within a POST is told as one before it',
    'named nodes',
    1,
    post(async (original, step, tools) => {
      const told = await original(step, tools);
      return told.is === 'stopped' ? { ...told, posting: false } : told;
    }),
  ),
  sabotage(
    'missing at once',
    'one node',
    1,
    plan(() => ({ appearMs: SECOND })),
  ),
  sabotage(
    'one failed read ends it',
    'one node',
    1,
    put<unknown[], { givesUp: boolean; news: [] }>('job/pace', 'failedRead', () => ({
      givesUp: true,
      news: [],
    })),
  ),
  sabotage(
    'a deadline is none',
    'one node',
    1,
    method<Run, [number], void>('job/run-read', ['Run', 'follow'], (self, original, now) => {
      original(now);
      self.deadline = Infinity;
    }),
  ),
  sabotage(
    'what timed out ends with 0',
    'one node',
    1,
    put<unknown[], { result: { outcome: string }; exitCode: number }>(
      'job/result',
      'resultOfRun',
      (original, ...args) => {
        const result = original(...args);
        return result.exitCode === 8 ? { ...result, exitCode: 0 } : result;
      },
    ),
  ),
  // A roll.
  sabotage(
    'a gate that was cut off has passed',
    'a gated roll, killed and run again',
    2,
    put<[Roll, RollNode, never, number], void>(
      'job/roll',
      'gated',
      (original, roll, node, ...rest) => {
        node.stage = 'gate';
        original(roll, node, ...rest);
      },
    ),
  ),
  sabotage(
    'a roll does not pause',
    'a roll of three',
    0,
    rollPlan(() => ({ pauseMs: 0 })),
  ),
  sabotage(
    'a roll begins all nodes at once',
    'a roll of three',
    0,
    rollPlan(() => ({ maxUnavailable: 9 })),
  ),
  sabotage(
    'a roll continues on an error',
    'a roll of three',
    1,
    rollPlan(() => ({ continueOnError: true })),
  ),
  sabotage('a roll sends all at once', 'a roll by twos', 0, limit('job/roll', 'POST_GAP', 0)),
  sabotage(
    'a roll begins more after Ctrl-C',
    'a roll of three',
    1,
    put<[Roll, Fact, number], void>('job/roll', 'takeOfRoll', (original, roll, told, now) => {
      if (told.is !== 'stopping') original(roll, told, now);
    }),
  ),
  sabotage(
    'a failed gate does not halt',
    'a gated roll, killed and run again',
    1,
    put<unknown[], void>('job/roll', 'halt', () => undefined),
  ),
  sabotage(
    'a shared read is as shallow as its first node wants',
    'a roll by twos, 429 at first',
    2,
    put<[Roll, Step], Step>('job/roll', 'sharedRead', (_, __, step) => step),
  ),
  // Following.
  sabotage(
    'a wait follows the first id only',
    'a wait for two entries',
    1,
    put<[WaitPlan, number, () => string], Job>(
      'job/index',
      'waitJob',
      (original, asked, ...rest) => {
        const { wanted } = asked;
        const less = 'ids' in wanted ? { ids: wanted.ids.slice(0, 1) } : wanted;
        return original({ ...asked, wanted: less }, ...rest);
      },
    ),
  ),
  sabotage(
    'a watch forgets a rejection',
    'a watch of three nodes',
    1,
    put<unknown[], Job<WatchResult>>('job/watch', 'createWatch', (original, ...args) => {
      const job = original(...args);
      return { ...job, result: () => ({ ...job.result(), anyRejected: false }) };
    }),
  ),
  // The log.
  sabotage(
    'every log has its newest entry first',
    'one node, many entries, the oldest first',
    0,
    put<unknown[], number>('log/pages', 'trendOf', () => 1),
  ),
];

/** Those that have no entry are none of it. */
function oneIsEnough(): Change[] {
  return [
    standing((_, { byId }) => ({ complete: byId.size > 0 })),
    method<Entries, [null], Rows>('job/entries', ['Entries', 'rows'], (_, original, absent) => {
      const rows = original(absent);
      const some = rows.filter(({ activity_id: id }) => id !== null);
      return some.length > 0 ? some : rows;
    }),
  ];
}
