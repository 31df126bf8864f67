import type { Activity } from '../../../src/base/activity.js';
import type { LdctlError } from '../../../src/base/errors.js';
import type { LogRead } from '../../../src/log/log.js';
import type { Entries } from '../../../src/job/entries.js';
import type { Replay, Run } from '../../../src/job/run-state.js';
import { limit, ofEntries, put, type Change } from '../places.js';
import { SECOND } from '../setting.js';
import { EPOCH } from '../world.js';
import { plan, sabotage, type Rules } from './sabotage.js';

type Progress = ReturnType<Entries['progress']>;
type Rows = ReturnType<Entries['rows']>;

const progress = (change: (progress: Progress, entries: Entries) => Partial<Progress>): Change =>
  ofEntries<[], Progress>('progress', (self, original) => {
    const is = original();
    return { ...is, ...change(is, self) };
  });

const grace = (change: (entries: Entries, isReplay: boolean, ms: number) => number): Change =>
  put<[Entries, boolean], number>('job/run-end', 'graceOf', (original, entries, isReplay) =>
    change(entries, isReplay, original(entries, isReplay)),
  );

/** Which entries count, and when they are all that there will be. */
export const ENTRIES: Rules = {
  'Whose entry': [
    sabotage(
      'older entries count',
      'a roll by twos',
      1,
      put('job/replay', 'isRecent', () => true),
    ),
    sabotage(
      'another action counts',
      'one node, another action',
      1,
      ofEntries<[Activity], boolean>('wants', (_, original, activity) =>
        original({ ...activity, action: 'restart' }),
      ),
    ),
    sabotage(
      'another node counts',
      'one node, a key, late',
      1,
      ofEntries<[Activity], boolean>('wants', ({ only }, original, activity) => {
        const [node = activity.node_id] = only ?? [];
        return original({ ...activity, node_id: node });
      }),
    ),
    sabotage(
      'the log of another after the POST is told as before it',
      'one node',
      1,
      put<[Run, LdctlError], unknown>('job/run-moves', 'endWithError', (original, run, error) => {
        original(run, error);
        if (error.code.startsWith('wrong_')) run.state = { name: 'ended', outcome: null, error };
      }),
    ),
    sabotage(
      "another deployment's entries count",
      'one node',
      1,
      put('job/foreign', 'foreignLog', () => null),
    ),
    sabotage(
      "another tenant's entries count",
      'one node, a tenant',
      1,
      plan(() => ({ tenant: null })),
    ),
    sabotage(
      'a rejected node is forgotten',
      'named nodes',
      1,
      put('job/run-end', 'outcomeOf', (original, ...args) => {
        const outcome = original(...args);
        return outcome === 'rejected' ? 'completed' : outcome;
      }),
    ),
    sabotage(
      'a replay is done by the first that it finds',
      'a use of the key without a record',
      1,
      grace((_, isReplay, ms) => (isReplay ? 0 : ms)),
    ),
    sabotage(
      'a replay reaches back half a second',
      'one node, used before',
      0,
      limit('job/run-answer', 'REPLAY_REACH', SECOND / 2),
    ),
    sabotage(
      'a replay without a date takes what is old',
      'one node, used before, no date',
      0,
      put<[Run, Replay, LogRead], unknown>(
        'job/replay',
        'findPeriodAndFloor',
        (original, run, replay, log) =>
          original(run, replay, { ...log, serverTime: log.serverTime ?? EPOCH }),
      ),
    ),
    sabotage(
      'a replay takes the older entry',
      'one node, used before',
      1,
      put<[Activity[]], (activity: Activity) => boolean>(
        'job/replay',
        'supersededBy',
        (_, recent) =>
          ({ id, node_id: node }) =>
            recent.some((other) => other.node_id === node && other.id < id),
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
  ],
  'Time refutes a success, and nothing else': [
    sabotage(
      'without a date every entry is too early',
      'one node, no date',
      0,
      put<[Run, Run['baseline']], unknown>(
        'job/run-moves',
        'setBaseline',
        (original, run, baseline) =>
          original(run, { ...baseline, date: baseline.date ?? EPOCH + 1e9 }),
      ),
    ),
    sabotage(
      'an entry that time refutes is not named',
      'one node, a late entry',
      1,
      ofEntries<[], Activity[]>('earlyOnly', () => []),
    ),
    sabotage(
      'an entry of long before completes a node',
      'one node, a late entry',
      0,
      ofEntries<[Activity], boolean>('isEarly', () => false),
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
  ],
  Done: [
    sabotage(
      'a new entry gives the others no time',
      'every node',
      2,
      ofEntries<unknown[], unknown>('take', (entries, original, ...args) => {
        const changes = original(...args);
        entries.newAt = -Infinity;
        return changes;
      }),
    ),
    sabotage(
      'a node that Core does not count has no time',
      'every node, two by Core',
      1,
      put<[Run, number, boolean], number>('job/run-end', 'graceEndOf', (original, run, at) =>
        original(run, at, false),
      ),
    ),
    sabotage(
      'another node stands in for a listed one',
      'a count',
      2,
      progress((_, { byId, expect }) => {
        const nodes = new Set([...byId.values()].map(({ activity }) => activity.node_id));
        return { everyTargetHasEntry: nodes.size >= (expect ?? 1), absent: [] };
      }),
    ),
    sabotage('every node is done when one is', 'every node', 1, ...oneIsEnough()),
    sabotage('one node is enough of two', 'named nodes', 1, ...oneIsEnough()),
    sabotage(
      'no grace for a second entry',
      'named nodes',
      1,
      grace((entries, replay, ms) => (entries.targets === 'observed' || replay ? ms : 0)),
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
      'no grace for a node that the log did not list',
      'every node',
      1,
      grace((entries, replay, ms) => (entries.targets === 'observed' && !replay ? 0 : ms)),
    ),
    sabotage(
      'an empty log has the short grace',
      'every node, an empty log',
      1,
      grace((entries, replay, ms) => (entries.targets === 'observed' && !replay ? 3 * SECOND : ms)),
    ),
    sabotage(
      'a count excuses no name',
      'every node, and one that left, three by Core',
      0,
      plan(() => ({ core: undefined })),
    ),
    sabotage(
      'a count is met by fewer',
      'a count',
      1,
      plan(({ expect }) => ({ expect: expect && expect - 1 })),
    ),
    sabotage(
      'more nodes than expected are fine',
      'two of three nodes expected',
      1,
      progress(() => ({ tooMany: false })),
    ),
  ],
};

/** Those that have no entry are none of it. */
function oneIsEnough(): Change[] {
  return [
    progress((_, { byId }) => ({ everyTargetHasEntry: byId.size > 0 })),
    ofEntries<[null], Rows>('rows', (_, original, absent) => {
      const rows = original(absent);
      const some = rows.filter(({ activity_id: id }) => id !== null);
      return some.length > 0 ? some : rows;
    }),
  ];
}
