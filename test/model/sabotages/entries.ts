import type { Activity } from '../../../src/base/activity.js';
import type { Id } from '../../../src/base/ids.js';
import type { Outcome } from '../../../src/base/outcome.js';
import type { lackingOf } from '../../../src/job/census.js';
import type { Entries } from '../../../src/job/entries.js';
import type { foreignLog } from '../../../src/log/foreign.js';
import type { endWithError } from '../../../src/job/run/ended.js';
import type { takeLateCount } from '../../../src/job/run/run.js';
import type { Replay, Run } from '../../../src/job/run/state.js';
import type { continueFrom } from '../../../src/job/run/unknown.js';
import type { collect, findPeriodAndFloor, replayOf } from '../../../src/job/run/whose.js';
import { limit, ofEntries, put, type Change } from '../places.js';
import { SECOND } from '../setting.js';
import { EPOCH } from '../world.js';
import { plan, sabotage, waitsWithoutCore, type Rules, type SettlesAtOf } from './sabotage.js';

type Sift = (run: Run, replay: Replay | null, shown: readonly Activity[]) => Activity[];
type OutcomeOf = (entries: Entries, isSettled: boolean) => Outcome;

/** After a replay, the first entry of each node is enough. */
const replayAtOnce: Change = put<SettlesAtOf>(
  'job/run/following',
  'settlesAtOf',
  (original, run, state) =>
    state.sent?.replay && run.entries.hasEnough() ? state.acceptedAt : original(run, state),
);

const lateCount = (
  instead: (take: typeof takeLateCount, ...args: Parameters<typeof takeLateCount>) => void,
): Change => put<typeof takeLateCount>('job/run/run', 'takeLateCount', instead);

/** Which entries count, and when they are all that there will be. */
export const ENTRIES: Rules = {
  'Whose entry': [
    sabotage(
      'older entries count',
      'row-of-older-entry',
      'one node, no date',
      1,
      put<() => boolean>('job/run/whose', 'mayBeOurs', () => true),
    ),
    sabotage(
      'another action counts',
      'row-of-older-entry',
      'one node, another action',
      1,
      ofEntries('wants', (_, original, activity) => original({ ...activity, action: 'restart' })),
    ),
    sabotage(
      'another node counts',
      'row-of-older-entry',
      'one node, a key, late',
      1,
      ofEntries('wants', ({ only }, original, activity) => {
        const [node = activity.node_id] = only ?? [];
        return original({ ...activity, node_id: node });
      }),
    ),
    sabotage(
      'the log of another after the POST is told as before it',
      'denies-what-it-sent',
      'one node',
      1,
      put<typeof endWithError>('job/run/ended', 'endWithError', (original, run, error, sent) =>
        error.code.startsWith('wrong_')
          ? { name: 'ended', outcome: null, error }
          : original(run, error, sent),
      ),
    ),
    sabotage(
      "another deployment's entries count",
      'sent-by-foreign-log',
      'one node',
      1,
      put<typeof foreignLog>('log/foreign', 'foreignLog', () => null),
    ),
    sabotage(
      "another tenant's entries count",
      'done-by-foreign-log',
      'one node, a tenant',
      1,
      plan('tenant', () => null),
    ),
    sabotage(
      'a rejected node is forgotten',
      'done-before-grace',
      'named nodes',
      1,
      put<OutcomeOf>('job/run/following', 'outcomeOf', (original, ...args) => {
        const outcome = original(...args);
        return outcome === 'rejected' ? 'completed' : outcome;
      }),
    ),
    sabotage(
      'a replay is done by the first that it finds',
      'done-by-earlier-deploy',
      'a use of the key without a record',
      0,
      replayAtOnce,
    ),
    sabotage(
      'after what was in progress the first entry is enough',
      'done-by-what-was-running',
      'named nodes, a key, busy and in progress at first',
      1,
      replayAtOnce,
    ),
    sabotage(
      'a replay reaches back half a second',
      'as-if-nothing-had-been',
      'one node, used before',
      0,
      limit('job/run/sending', 'REPLAY_REACH', SECOND / 2),
    ),
    sabotage(
      'a replay without a date takes what is old',
      'done-by-earlier-deploy',
      'one node, used before, no date',
      0,
      put<typeof findPeriodAndFloor>(
        'job/run/whose',
        'findPeriodAndFloor',
        (original, run, replay, log, ...rest) =>
          original(run, replay, { ...log, serverTime: log.serverTime ?? EPOCH }, ...rest),
      ),
    ),
    sabotage(
      'a replay takes the older entry',
      'as-if-nothing-had-been',
      'one node, used before',
      1,
      put<Sift>('job/run/whose', 'sift', (original, run, replay, shown) => {
        const isOldest = ({ id, node_id: node }: Activity): boolean =>
          !shown.some((other) => other.node_id === node && other.id < id);
        return original(run, replay, replay ? shown.filter(isOldest) : shown);
      }),
    ),
    sabotage(
      'a replay is taken by a run that may have sent',
      'row-of-older-entry',
      'one node, a key, late',
      1,
      put<typeof replayOf>('job/run/whose', 'replayOf', (original, run, _, since) =>
        original(run, null, since),
      ),
    ),
  ],
  'Time refutes a success, and nothing else': [
    sabotage(
      'without a date every entry is too early',
      'as-if-nothing-had-been',
      'one node, no date',
      0,
      put<typeof collect>('job/run/whose', 'collect', (original, run, ...rest) => {
        run.baseline.date ??= EPOCH + 1e9;
        original(run, ...rest);
      }),
    ),
    sabotage(
      'an entry that time refutes is not named',
      'row-hides-early-entry',
      'one node, a late entry',
      1,
      ofEntries('earlyOnly', () => []),
    ),
    sabotage(
      'an entry of long before completes a node',
      'row-of-older-entry',
      'one node, a late entry',
      0,
      ofEntries('isEarly', () => false),
    ),
    sabotage(
      'an entry of long before gives the others time',
      'ends-too-late',
      'every node, a late entry',
      0,
      ofEntries('take', (entries, original, shown, log, now) => {
        const isNew = shown.some((one) => isEarly(entries, one) && !entries.byId.has(one.id));
        const changes = original(shown, log, now);
        if (isNew) entries.newAt = now;
        return changes;
      }),
    ),
    sabotage(
      'an entry of long before is no trace',
      'again-though-shown',
      'one node, a late entry',
      1,
      put<typeof collect>('job/run/whose', 'collect', (original, run, replay, log, now) => {
        const from = (run.baseline.date ?? 0) - 10 * SECOND;
        const isTrace = ({ created_at: at }: Activity): boolean => Date.parse(at) >= from;
        const entries = run.state.name === 'unknown' ? log.entries.filter(isTrace) : log.entries;
        original(run, replay, { ...log, entries }, now);
      }),
    ),
  ],
  Done: [
    sabotage(
      'a row has its id as a number has it',
      'row-of-no-entry',
      'one node',
      0,
      ofEntries('rows', (_, original, emptyStatus) =>
        original(emptyStatus).map((row) => ({
          ...row,
          activity_id: row.activity_id && BigInt(Number(row.activity_id)),
        })),
      ),
    ),
    sabotage(
      'a new entry gives the others no time',
      'done-before-grace',
      'every node',
      2,
      ofEntries('take', (entries, original, ...args) => {
        const changes = original(...args);
        entries.newAt = -Infinity;
        return changes;
      }),
    ),
    sabotage(
      'a node that Core does not count has no time',
      'done-before-grace',
      'every node, two by Core',
      1,
      put<SettlesAtOf>('job/run/following', 'settlesAtOf', (original, run, state) => {
        const others = Object.assign(run.entries, { mayStillReport: () => [] });
        const settlesAt = original(run, state);
        Reflect.deleteProperty(others, 'mayStillReport');
        return settlesAt;
      }),
    ),
    sabotage(
      'another node stands in for a listed one',
      'due-log',
      'a count',
      2,
      ofEntries('hasEnough', ({ byId, expect }) => seenIn(byId).size >= (expect ?? 1)),
      ofEntries('mayStillReport', ({ byId, listed }) => {
        const seen = seenIn(byId);
        return (listed?.here ?? []).filter((node) => !seen.has(node));
      }),
    ),
    sabotage(
      'every node is done when one is',
      'node-without-a-word',
      'every node',
      1,
      ...oneIsEnough(),
    ),
    sabotage('one node is enough of two', 'due-log', 'named nodes', 1, ...oneIsEnough()),
    sabotage(
      'no grace for a second entry',
      'done-before-grace',
      'named nodes',
      1,
      limit('job/run/following', 'ANOTHER', 0),
    ),
    sabotage(
      'it ends although a second entry of a node is open',
      'stops-too-soon',
      'named nodes',
      1,
      ofEntries('open', ({ byId }, original) => {
        const ended = (one: Activity): boolean =>
          [...byId.values()].some(
            ({ activity }) => activity.node_id === one.node_id && activity.status === 'completed',
          );
        return original().filter((one) => !ended(one));
      }),
    ),
    sabotage(
      'no grace for a node that the log did not list',
      'done-before-grace',
      'every node',
      1,
      limit('job/run/following', 'LATE_NODE', 0),
    ),
    sabotage(
      'an empty log has the short grace',
      'done-before-grace',
      'every node, an empty log',
      1,
      limit('job/run/following', 'UNLISTED_NODES', 3 * SECOND),
    ),
    sabotage(
      'a count obliges no one',
      'as-if-nothing-had-been',
      'every node, four by Core',
      0,
      put<typeof lackingOf>('job/census', 'lackingOf', (original, census) => ({
        ...original(census),
        unknown: 0,
      })),
    ),
    sabotage(
      'a node that only Core counts has no row',
      'as-if-nothing-had-been',
      'every node, four by Core',
      0,
      ofEntries('rows', (_, original, emptyStatus) =>
        original(emptyStatus).filter(({ node_id: node }) => node !== null),
      ),
    ),
    sabotage(
      'a node that is listed for another runtime fills no place',
      'rows-lacking',
      'every node, and one elsewhere, four by Core',
      0,
      put<typeof lackingOf>('job/census', 'lackingOf', (original, census) => ({
        ...original(census),
        unknown: original({ ...census, elsewhere: [] }).unknown,
      })),
    ),
    sabotage(
      'a record does not keep how many Core counts',
      'count-differs',
      'every node, four by Core, killed',
      1,
      put<typeof continueFrom>(
        'job/run/unknown',
        'continueFrom',
        (original, run, before, kept, now) =>
          original(run, before, { ...kept, record: { ...kept.record, core: null } }, now),
      ),
    ),
    sabotage(
      'it is done while Core is counting',
      'done-before-count',
      'every node, three by Core, late',
      0,
      plan('isCounting', () => false),
    ),
    sabotage(
      'a count that comes late is lost',
      'count-differs',
      'every node, four by Core, late',
      0,
      lateCount((take, run, _, now) => take(run, null, now)),
    ),
    sabotage(
      'it waits for a count that has come',
      'count-differs',
      'every node, three by Core, late',
      0,
      lateCount(() => undefined),
    ),
    sabotage(
      'a wait goes by no count',
      'as-if-nothing-had-been',
      'a wait on every node, four by Core',
      0,
      waitsWithoutCore,
    ),
    sabotage(
      'a count excuses no name',
      'count-differs',
      'every node, and one that left, three by Core',
      0,
      plan('coreCount', () => undefined),
    ),
    sabotage(
      'a count is met by fewer',
      'as-if-nothing-had-been',
      'four nodes expected, killed',
      0,
      plan('expect', ({ expect }) => expect && expect - 1),
    ),
    sabotage(
      'more nodes than expected are fine',
      'as-if-nothing-had-been',
      'two of three nodes expected',
      0,
      ofEntries('hasTooMany', () => false),
    ),
  ],
};

/** The nodes that have an entry. */
const seenIn = (byId: Entries['byId']): Set<Id> =>
  new Set([...byId.values()].map(({ activity }) => activity.node_id));

/** Those that have no entry are none of it. */
function oneIsEnough(): Change[] {
  return [
    ofEntries('hasEnough', ({ byId }) => byId.size > 0),
    ofEntries('rows', (_, original, emptyStatus) => {
      const rows = original(emptyStatus);
      const some = rows.filter(({ activity_id: id }) => id !== null);
      return some.length > 0 ? some : rows;
    }),
  ];
}

const isEarly = (entries: Entries, { created_at: at }: Activity): boolean =>
  entries.isEarly({ createdAt: Date.parse(at) });
