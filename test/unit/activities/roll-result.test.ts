import assert from 'node:assert/strict';
import { outcomeOf } from '../../../src/activities/run-outcome.js';
import { RollNode } from '../../../src/activities/roll/roll-node.js';
import { resultOfRoll } from '../../../src/activities/roll/roll-result.js';
import { resultOf, type RunEnd } from '../../../src/activities/run-result.js';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import { type RunRecord } from '../../../src/base/old-journal.js';
import { type Id } from '../../../src/base/ids.js';
import { gateEnd, RollBench, rollPlan } from '../../helpers/roll.js';

interface Story {
  outcome?: 'completed' | 'rejected' | 'timed_out' | 'unconfirmed';
  activity?: Id | null;
  ambiguous?: boolean;
  gateExit?: number;
  record?: RunRecord['state'];
  failure?: Error;
}

const ERROR = new LdctlError('unconfirmed', 'gone', 'gone');
const START = Date.UTC(2026, 5, 1);

/** A node of a roll with a gate, as its runner left it; not begun when nothing is told of it. */
function node(id: Id, story: Story | null, hasGate = false): RollNode {
  const baseline = { highestId: 0n, nodes: [] };
  const record = story?.record && {
    wireKey: `key of ${id}`,
    baseline,
    firstPostAt: START,
    state: story.record,
    token: 'earlier',
  };
  const of = new RollNode(id, record ?? null, hasGate);
  if (story === null) return of;
  const { outcome, activity = 100n + id, ambiguous = false, gateExit, failure } = story;
  of.startedAt = failure ? null : START + 1000;
  of.failure = failure ? { error: failure } : null;
  if (gateExit !== undefined) of.gate = gateEnd({ exit_code: gateExit });
  if (outcome === undefined) return of;
  const facts = { deploymentId: 71n, runtime: 'iggy', action: 'restart', idempotencyKey: 'key' };
  const row = { node_id: id, activity_id: activity, status: 'x', created_at: null, finished_at: null, ambiguous };
  const resume = outcome === 'timed_out' || outcome === 'unconfirmed' ? `wait for ${id}` : null;
  const end: RunEnd = { targets: 'named', nodes: [row], resume };
  const known = { ...facts, replayed: null, recovered: null, requestId: null };
  of.result = resultOf(known, outcomeOf(outcome, outcome === 'unconfirmed' ? ERROR : null), end);
  return of;
}

const ended = (nodes: RollNode[], callersKey = false, bench = new RollBench()) =>
  resultOfRoll(rollPlan({ callersKey }), bench.rollTools(), nodes);

const completed: Story = { outcome: 'completed' };

describe('the result of a roll', () => {
  const ends: [string, (Story | null)[], string, number][] = [
    ['all completed', [completed, completed], 'completed', 0],
    ['one rejected', [completed, { outcome: 'rejected' }, null], 'rejected', 3],
    ['one rejected, one not known', [{ outcome: 'rejected' }, { outcome: 'unconfirmed' }], 'unconfirmed', 7],
    ['one that could not be begun', [completed, { failure: ERROR }], 'unconfirmed', 7],
    ['one that took too long', [completed, { outcome: 'timed_out' }], 'timed_out', 8],
    ['one that was not begun', [completed, null], 'timed_out', 8],
    ['a gate that failed', [{ ...completed, gateExit: 1 }, null], 'halted', 9],
    ['a gate that failed, one rejected', [{ ...completed, gateExit: 1 }, { outcome: 'rejected' }], 'rejected', 3],
  ];
  for (const [what, stories, outcome, exitCode] of ends) {
    it(`with ${what}: ${outcome}`, () => {
      const { result, ...rest } = ended(stories.map((story, at) => node(BigInt(at + 1), story)));
      assert.deepEqual([result.outcome, rest.exitCode], [outcome, exitCode]);
      assert.equal(rest.error, outcome === 'unconfirmed' ? ERROR : null);
      assert.deepEqual([result.targets, result.idempotency_key], ['named', 'key']);
      assert.deepEqual([result.replayed, result.recovered, result.request_id], [null, null, null]);
    });
  }

  it('is no interrupt where all had completed before it', () => {
    const bench = new RollBench();
    bench.stopSoftly();
    assert.equal(ended([node(1n, completed)], false, bench).result.outcome, 'completed');
    const { result, exitCode } = ended([node(1n, completed), node(2n, null)], false, bench);
    assert.deepEqual([result.outcome, exitCode], ['interrupted', 130]);
    bench.interrupt('SIGTERM');
    assert.equal(ended([node(1n, completed), node(2n, null)], false, bench).exitCode, 143);
  });

  it('is none where nothing was begun: then it throws why', () => {
    assert.throws(() => ended([node(1n, { failure: ERROR }), node(2n, null)]), ERROR);
    const bench = new RollBench();
    bench.stopSoftly();
    assert.throws(() => ended([node(1n, null)], false, bench), { signal: 'SIGINT' });
    bench.interrupt('SIGTERM');
    assert.throws(() => ended([node(1n, null)], false, bench), Interrupted);
    assert.throws(() => ended([node(1n, null)], false, bench), { signal: 'SIGTERM' });
  });

  it('takes a gate for needed only where there is one, and it has not let the roll go on before', () => {
    assert.equal(ended([node(1n, completed, true), node(2n, completed)]).result.outcome, 'timed_out');
    assert.equal(ended([node(1n, { ...completed, gateExit: 0 }, true)]).result.outcome, 'completed');
    assert.equal(ended([node(1n, { ...completed, record: 'passed' }, true)]).result.outcome, 'completed');
    assert.equal(ended([node(1n, { ...completed, record: 'accepted' }, true)]).result.outcome, 'timed_out');
  });
});

describe('the command that goes on with a roll', () => {
  const late: Story = { outcome: 'timed_out' };

  it('waits for those whose activity is known at once, for others one by one, and begins the rest', () => {
    const nodes = [
      node(1n, completed),
      node(2n, late),
      node(3n, { ...late, activity: null }),
      node(4n, { ...late, ambiguous: true }),
      node(5n, late),
      node(6n, { outcome: 'rejected' }),
      node(7n, null),
      node(8n, null),
    ];
    assert.equal(ended(nodes).result.resume, 'wait 102 105 && wait for 3 && wait for 4 && roll 7,8');
  });

  it('is none where nothing is left', () => {
    assert.equal(ended([node(1n, completed), node(2n, { outcome: 'rejected' })]).result.resume, null);
    assert.equal(ended([node(1n, completed), node(2n, { outcome: 'rejected' })], true).result.resume, null);
  });

  it('only waits where all was begun, and only begins where none is open', () => {
    assert.equal(ended([node(1n, late)]).result.resume, 'wait 101');
    assert.equal(ended([node(1n, completed), node(2n, null)]).result.resume, 'roll 2');
  });

  it('with a caller’s key is the same roll, in its order, without what is done', () => {
    const held = { ...completed, gateExit: 2 };
    const nodes = [node(9n, null), node(1n, completed), node(2n, late), node(3n, held, true), node(4n, null)];
    assert.equal(ended(nodes, true).result.resume, 'roll 9,2,3,4');
  });
});

describe('a node of a roll', () => {
  it('has a row before anything is known of it', () => {
    const unknown = { activity_id: null, created_at: null, finished_at: null, ambiguous: false, gate: null };
    assert.deepEqual(node(1n, null).row(), { node_id: 1n, status: 'not_started', started_at: null, ...unknown });
    const started_at = '2026-06-01T00:00:01.000Z';
    assert.deepEqual(node(1n, {}).row(), { node_id: 1n, status: null, started_at, ...unknown });
  });

  it('was begun when an earlier run began it, also after this run has withdrawn', () => {
    const of = node(1n, { record: 'posting' });
    of.withdraw();
    assert.equal(of.row().started_at, '2026-06-01T00:00:00.000Z');
    const fresh = node(1n, {});
    fresh.withdraw();
    assert.equal(fresh.isStarted, false);
  });

  it('is shown by the same object until something of it changes: of thousands, each is asked again and again', () => {
    const shown = node(1n, null);
    const before = shown.progress();
    assert.equal(shown.progress(), before);
    shown.stage = 'gate';
    assert.deepEqual(shown.progress(), { ...before, stage: 'gate' });
    shown.gate = gateEnd();
    assert.deepEqual(shown.progress().gate, gateEnd());
    shown.startedAt = START;
    assert.equal(shown.progress().status, null);
  });

  it('has certainly been sent once an earlier run knew so', () => {
    const known = [null, 'posting', 'accepted', 'passed'] as const;
    const sent = known.map((record) => node(1n, record === null ? {} : { record }).isKnownSent);
    assert.deepEqual(sent, [false, false, true, true]);
  });

  it('shows what its own run said last', () => {
    const of = node(1n, {});
    const times = { created_at: 'c', finished_at: 'f' };
    const seen = { node_id: 1n, activity_id: 7n, status: 'processing', ...times, ambiguous: true };
    of.progressed({ ...seen, since: 5 });
    const { since, stage, status, activity_id: activity, created_at: created, finished_at: end } = of.progress();
    assert.deepEqual([since, stage, status, activity, created, end], [5, 'waiting', 'processing', 7n, 'c', 'f']);
    assert.equal(of.progress().ambiguous, true);
  });
});
