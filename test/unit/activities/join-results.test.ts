import assert from 'node:assert/strict';
import { type ResultEvent } from '../../../src/base/progress.js';
import { joinResults } from '../../../src/activities/join-results.js';
import { interruptedOutcome, outcomeOf, type RunOutcome } from '../../../src/activities/run-outcome.js';
import { resultOf } from '../../../src/activities/run-result.js';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';

function ended(outcome: RunOutcome, node: Id | null, resume: string | null = null): ResultEvent {
  const unknown = { replayed: null, recovered: null, requestId: null };
  const facts = {
    deploymentId: 71n,
    runtime: 'iggy',
    action: 'restart',
    idempotencyKey: `key of ${node ?? '?'}`,
    ...unknown,
  };
  const row = {
    node_id: node,
    activity_id: 7n,
    status: 'completed',
    created_at: null,
    finished_at: null,
    ambiguous: false,
  };
  return resultOf(facts, outcome, { targets: 'named', nodes: [row], resume });
}

describe('two results as one', () => {
  /** The graver first (design, "Exit codes"). */
  const outcomes = [
    interruptedOutcome(new Interrupted('SIGTERM')),
    outcomeOf('unconfirmed', new LdctlError('unconfirmed', 'gone', 'gone')),
    outcomeOf('rejected'),
    outcomeOf('halted'),
    outcomeOf('timed_out'),
    outcomeOf('completed'),
  ];

  it('end as the graver one does, whichever comes first', () => {
    outcomes.forEach((graver, index) => {
      for (const other of outcomes.slice(index)) {
        for (const [a, b] of [
          [graver, other],
          [other, graver],
        ] as const) {
          const { result, exitCode } = joinResults(ended(a, 1n), ended(b, 2n), [1n, 2n]);
          assert.deepEqual([result.outcome, exitCode], [graver.outcome, graver.exitCode]);
        }
      }
    });
  });

  it('keep the error of either', () => {
    const good = ended(outcomeOf('completed'), 1n);
    const bad = ended(outcomeOf('unconfirmed', new LdctlError('unconfirmed', 'gone', 'gone')), 2n);
    assert.equal(joinResults(good, bad, []).error, bad.error);
    assert.equal(joinResults(bad, good, []).error, bad.error);
  });

  it('tell all nodes in the order asked, those unknown last, with what is left to do of both', () => {
    const late = (node: Id): ResultEvent => ended(outcomeOf('timed_out'), node, `wait ${node}`);
    const joined = joinResults(late(1n), late(2n), [2n, 1n]);
    assert.deepEqual(
      joined.result.nodes.map(({ node_id: node }) => node),
      [2n, 1n],
    );
    assert.equal(joined.result.resume, 'wait 1 && wait 2');
    assert.equal(joined.result.idempotency_key, 'key of 1');
    const withUnknown = joinResults(ended(outcomeOf('completed'), null), ended(outcomeOf('completed'), 2n), [2n]);
    assert.deepEqual(
      withUnknown.result.nodes.map(({ node_id: node }) => node),
      [2n, null],
    );
    assert.equal(withUnknown.result.resume, null);
  });
});
