import type { LdctlError } from '../../src/base/errors.js';
import type { KeptRun, RunJournal } from '../../src/base/journal.js';
import type { Activity } from '../../src/base/activity.js';
import type { DriveTools } from '../../src/job/drive.js';
import type { GateResult } from '../../src/base/outcome.js';
import type { Entries, Listed } from '../../src/job/entries.js';
import type { FactOf, Job, Step, StepOf } from '../../src/job/job.js';
import type { Pace } from '../../src/job/pace.js';
import type { Reading } from '../../src/log/pages.js';
import type { Roll, RollPlan } from '../../src/job/roll-state.js';
import type { Replay, Run, RunPlan, State, WaitPlan } from '../../src/job/run-state.js';
import type { WatchResult } from '../../src/job/watch.js';
import { MemoryJournal } from './disk.js';
import { inTable, limit, ofEntries, put, type Change } from './places.js';
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

type Progress = ReturnType<Entries['progress']>;
type Rows = ReturnType<Entries['rows']>;

const progress = (change: (progress: Progress, entries: Entries) => Partial<Progress>): Change =>
  ofEntries<[], Progress>('progress', (self, original) => {
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
  put<[RollPlan, ReadonlyMap<bigint, KeptRun>, number], Roll>(
    'job/roll-state',
    'createRoll',
    (original, asked, ...rest) => original({ ...asked, ...change(asked) }, ...rest),
  );

const grace = (change: (entries: Entries, replay: Replay | null, ms: number) => number): Change =>
  put<[Entries, Replay | null], number>('job/run-read', 'graceOf', (original, entries, replay) =>
    change(entries, replay, original(entries, replay)),
  );

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
    put<[Run, number, object?], unknown>('job/run-state', 'lose', (original, run, now, more) => {
      original(run, now, more);
      run.state = { name: 'sending' };
    }),
  ),
  sabotage(
    'a read right after the loss proves it',
    'named nodes, keys ignored',
    1,
    limit('job/run-state', 'READ_AFTER', 0),
  ),
  sabotage(
    'a redirect is sent again',
    'named nodes',
    1,
    put<[Run, LdctlError, number], unknown>(
      'job/run-answer',
      'takeFailure',
      (original, run, ...rest) => {
        original(run, ...rest);
        if (run.sent) run.sent.redirected = false;
      },
    ),
  ),
  sabotage(
    'a 403 after a lost answer is a no',
    'a log that shows late',
    2,
    put<[Run, LdctlError], unknown>('job/run-state', 'giveUp', (original, run, error) => {
      original(run, error);
      if (error.code === 'denied') run.state = { name: 'ended', outcome: null, error };
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
  sabotage('the record is written after the POST', 'killed and run again', 1, ...recordsLate()),
  sabotage(
    'it sends though the record cannot be written',
    'killed and run again',
    1,
    put<[StepOf<'record'>, DriveTools], FactOf<'record'>>(
      'job/drive',
      'record',
      (original, step, tools) => {
        const told = original(step, tools);
        return told.is === 'unwritten' ? original({ ...step, record: null }, tools) : told;
      },
    ),
  ),
  sabotage(
    'a record is sent again forever',
    'killed and run again',
    1,
    limit('job/run-answer', 'RESEND', 1e12),
  ),
  sabotage(
    'the nine minutes start anew with each record',
    'killed and run again',
    1,
    put<[Run, KeptRun, number], unknown>(
      'job/run-answer',
      'continueFrom',
      (original, run, kept, now) => original(run, { ...kept, ageMs: 0 }, now),
    ),
  ),
  sabotage(
    'a stale record is followed forever',
    'killed and run again',
    1,
    put<[Run, number], boolean>('job/run-state', 'isTooLate', () => false),
    put<[Run, number, number], unknown>(
      'job/run-read',
      'lookForTrace',
      (original, run, at, now) => {
        if (run.entries.byId.size > 0) original(run, at, now);
      },
    ),
  ),
  sabotage(
    'a record is replaced by one that slept',
    'two processes that do not wait',
    2,
    inTable<[Run, FactOf<'record'>, number], unknown>(
      'job/run',
      ['TAKE', 'record'],
      (original, run, told, now) => {
        const other = { is: 'recorded' as const, generation: 0, at: 0 };
        original(run, told.is === 'found' ? other : told, now);
      },
    ),
  ),
  sabotage(
    'a POST that continues from a record makes none',
    'two processes that do not wait, the first POST lost',
    2,
    () => {
      const { prototype } = MemoryJournal;
      const claim: RunJournal['claim'] = Reflect.get<MemoryJournal, 'claim'>(prototype, 'claim');
      prototype.claim = function (this: MemoryJournal, record, after) {
        const kept = this.read(record.key);
        const isOurs = kept?.generation === after && !kept.accepted;
        return isOurs ? { made: after } : claim.call(this, record, after);
      };
      return () => void (prototype.claim = claim);
    },
  ),
  sabotage(
    'another API key sends again',
    'one node, killed, then another API key',
    1,
    put<[Run, KeptRun, number], unknown>(
      'job/run-answer',
      'continueFrom',
      (original, run, kept, now) => {
        const apiKey = run.trigger?.apiKey ?? '';
        original(run, { ...kept, record: { ...kept.record, apiKey } }, now);
      },
    ),
  ),
  sabotage(
    'the two minutes count from the end of the POST',
    'one node',
    1,
    inTable<[Run, unknown, number], unknown>(
      'job/run',
      ['TAKE', 'post'],
      (original, run, told, now) => {
        run.attempts.firstAt = now;
        original(run, told, now);
      },
    ),
  ),
  sabotage(
    'an acceptance is not noted',
    'two processes that do not wait',
    1,
    put<unknown[], unknown>('job/run-state', 'addMark', () => undefined),
  ),
  sabotage(
    'a record keeps no baseline',
    'killed and run again',
    1,
    put<[Run, KeptRun, number], unknown>(
      'job/run-answer',
      'continueFrom',
      (original, run, kept, now) => {
        const record = { ...kept.record, baseline: 0n, date: null };
        original(run, { ...kept, record }, now);
      },
    ),
  ),
  sabotage(
    'what was refused is sent again at once',
    'one node',
    1,
    put<[Run, LdctlError, number, number], unknown>(
      'job/run-answer',
      'tryLater',
      (original, run, error, _, now) => original(run, error, 0, now),
    ),
  ),
  sabotage(
    'an entry of long before is no trace',
    'one node, a late entry',
    1,
    ofEntries<[Activity], boolean>(
      'wants',
      (entries, original, activity) => original(activity) && !entries.isEarly(activity),
    ),
  ),
  // What comes before the POST.
  sabotage(
    'a run on every node knows no nodes',
    'every node',
    1,
    put<unknown[], Listed>('job/entries', 'listedIn', () => ({ here: [], elsewhere: [] })),
  ),
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
    '--if-busy fail looks only once',
    'one node, if busy fail, 429 at first',
    1,
    put<[Run, State & { name: 'checking' }, ...unknown[]], boolean>(
      'job/run-read',
      'isHeldUp',
      (original, run, state, ...rest) => state.deep && original(run, state, ...rest),
    ),
  ),
  // Done.
  sabotage(
    'another action counts',
    'one node, another action',
    1,
    ofEntries<[Activity], boolean>('wants', (_, original, activity) =>
      original({ ...activity, action: 'restart' }),
    ),
  ),
  sabotage(
    'no grace for a node that the log did not list',
    'every node',
    1,
    grace((entries, replay, ms) => (entries.targets === 'observed' && !replay ? 0 : ms)),
  ),
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
    progress(() => ({ tooMany: false })),
  ),
  sabotage(
    'no grace for a second entry',
    'named nodes',
    1,
    grace((entries, replay, ms) => (entries.targets === 'observed' || replay ? ms : 0)),
  ),
  sabotage(
    'an empty log has the short grace',
    'every node, an empty log',
    1,
    grace((entries, replay, ms) => (entries.targets === 'observed' && !replay ? 3 * SECOND : ms)),
  ),
  sabotage(
    'it is done although a second entry of a node is open',
    'named nodes',
    1,
    progress(({ open }, { byId }) => {
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
    put<unknown[], string>('job/run-read', 'outcomeOf', (original, ...args) => {
      const outcome = original(...args);
      return outcome === 'rejected' ? 'completed' : outcome;
    }),
  ),
  sabotage(
    'a replay is done by the first that it finds',
    'a use of the key without a record',
    1,
    grace((_, replay, ms) => (replay ? 0 : ms)),
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
    'one node, a key, late',
    1,
    put<[Run, unknown, number], unknown>(
      'job/run-answer',
      'takeAccepted',
      (original, run, ...rest) => {
        run.sent = null;
        original(run, ...rest);
      },
    ),
  ),
  sabotage(
    'an entry of long before completes a node',
    'one node, a late entry',
    0,
    ofEntries<[Activity], boolean>('isEarly', () => false),
  ),
  sabotage(
    'a count excuses no name',
    'every node, and one that left, three by Core',
    0,
    plan(() => ({ core: null })),
  ),
  sabotage(
    '--no-wait is accepted by a single entry',
    'two nodes, no wait, the first POST lost',
    1,
    put<[Run, number], unknown>('job/run-read', 'judgeAccepted', (_, run) => {
      run.state = { name: 'ended', outcome: 'accepted', error: null };
    }),
  ),
  // How it ended.
  sabotage(
    'an interrupt within a POST is told as one before it',
    'named nodes',
    1,
    put<[Run, LdctlError, number], unknown>(
      'job/run-state',
      'interrupt',
      (original, run, ...rest) => {
        if (run.state.name === 'posting') run.state = { name: 'sending' };
        original(run, ...rest);
      },
    ),
  ),
  sabotage(
    'missing at once',
    'one node',
    1,
    plan(() => ({ appearMs: SECOND })),
  ),
  sabotage(
    'an open entry that is gone is waited for',
    'one node',
    1,
    ofEntries<[unknown, unknown, unknown], unknown>('take', (entries, original, ...args) => {
      const changes = original(...args);
      for (const entry of entries.byId.values()) entry.goneSince = null;
      return changes;
    }),
  ),
  sabotage(
    'the log is looked at every five seconds',
    'one node',
    1,
    put<[Pace, number], unknown>('job/pace', 'later', (_, pace, now) => {
      pace.nextRead = now + 5 * SECOND;
    }),
  ),
  sabotage(
    'a read that was denied is tried again',
    'one node',
    1,
    put<unknown[], boolean>('job/answer', 'isHopeless', () => false),
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
    put<[Run, number], unknown>('job/run-state', 'follow', (original, run, now) => {
      original(run, now);
      if (run.state.name === 'following') run.state.deadline = Infinity;
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
    put<[Roll, bigint, GateResult, number], unknown>(
      'job/roll',
      'gateEnded',
      (original, roll, id, ...rest) => {
        for (const { state } of roll.nodes) if (state.name === 'gating') state.gate = 'asked';
        original(roll, id, ...rest);
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
    'a roll starts all nodes at once',
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
  sabotage(
    'a roll goes backwards',
    'a roll of three',
    0,
    rollPlan(({ nodes }) => ({ nodes: nodes.toReversed() })),
  ),
  sabotage(
    'a gate that hangs is waited for',
    'a gated roll, killed and run again',
    1,
    rollPlan(() => ({ gateTimeoutMs: Infinity })),
  ),
  sabotage(
    'a gate that has passed is asked again',
    'a gated roll of two, killed and run again',
    1,
    put<[RollPlan, ReadonlyMap<bigint, KeptRun>, number], Roll>(
      'job/roll-state',
      'createRoll',
      (original, asked, kept, now) => {
        const anew = [...kept].map(([id, one]) => [id, { ...one, passed: false }] as const);
        return original(asked, new Map(anew), now);
      },
    ),
  ),
  sabotage(
    'a roll that is over sends again',
    'a roll by twos',
    2,
    put<unknown[], unknown>('job/run-state', 'callOff', () => undefined),
  ),
  sabotage('a roll sends all at once', 'a roll by twos', 0, limit('job/roll', 'POST_GAP', 0)),
  sabotage(
    'a roll starts more after Ctrl-C',
    'a roll of three',
    1,
    put<unknown[], unknown>('job/roll', 'windDown', () => undefined),
  ),
  sabotage(
    'a failed gate does not halt',
    'a gated roll of two, killed and run again',
    1,
    put<unknown[], unknown>('job/roll-state', 'halt', () => undefined),
  ),
  sabotage(
    'a shared read is as shallow as its first node wants',
    'a roll by twos of long work, 429 at first',
    0,
    put<[Roll, StepOf<'read'>], Step>('job/roll', 'sharedRead', (_, __, step) => step),
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
    'a log that lacks entries is taken for whole',
    'one node, sorted by time, no date',
    1,
    put<unknown[], Reading>('log/pages', 'newReading', (original, ...args) => ({
      ...original(...args),
      leastTotal: 0,
    })),
  ),
  sabotage(
    'every log has its newest entry first',
    'one node, many entries, the oldest first',
    0,
    put<unknown[], boolean>('log/pages', 'fallsAllTheWay', () => true),
  ),
];

/** Those that have no entry are none of it. */
function oneIsEnough(): Change[] {
  return [
    progress((_, { byId }) => ({ complete: byId.size > 0 })),
    ofEntries<[null], Rows>('rows', (_, original, absent) => {
      const rows = original(absent);
      const some = rows.filter(({ activity_id: id }) => id !== null);
      return some.length > 0 ? some : rows;
    }),
  ];
}

/** A record is written where the journal is told of the acceptance, or never. */
function recordsLate(): Change[] {
  const held = new Map<string, StepOf<'record'>>();
  return [
    put<[StepOf<'record'>, DriveTools], FactOf<'record'>>(
      'job/drive',
      'record',
      (_, step, tools) => {
        held.set('record', step);
        return { is: 'recorded', generation: step.after + 1, at: tools.clock.now() };
      },
    ),
    put<[StepOf<'note'>, DriveTools], FactOf<'note'>>(
      'job/drive',
      'note',
      (original, step, tools) => {
        const { record, after } = held.get('record') ?? {};
        held.clear();
        if (record) tools.journal?.claim({ ...record, postedAt: tools.clock.now() }, after ?? 0);
        return original(step, tools);
      },
    ),
  ];
}
