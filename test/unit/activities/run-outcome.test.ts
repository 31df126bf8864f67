import assert from 'node:assert/strict';
import { failedOutcome, isUnfinished, outcomeOfRun } from '../../../src/activities/run-outcome.js';
import { Interrupted, LdctlError } from '../../../src/base/errors.js';
import { type NodeResult } from '../../../src/base/outcome.js';

/** A target in each of these states. */
const nodes = (...statuses: (string | null)[]): NodeResult[] =>
  statuses.map((status, at) => ({
    node_id: BigInt(at),
    activity_id: status === null ? null : 100n + BigInt(at),
    status,
    created_at: null,
    finished_at: null,
    ambiguous: false,
  }));

describe('the one word for a run', () => {
  const ends: [string, 'settled' | 'deadline', (string | null)[], string, number][] = [
    ['all completed', 'settled', ['completed', 'completed'], 'completed', 0],
    ['all completed, but too early to be sure', 'deadline', ['completed'], 'timed_out', 8],
    ['one still at it', 'deadline', ['completed', 'processing'], 'timed_out', 8],
    ['a status that nobody knows', 'settled', ['completed', 'queued'], 'timed_out', 8],
    ['one without an entry yet', 'settled', ['completed', null], 'timed_out', 8],
    ['one rejected', 'settled', ['completed', 'rejected', 'completed'], 'rejected', 3],
    ['one rejected, one still at it', 'deadline', ['processing', 'rejected'], 'rejected', 3],
    ['one missing, one rejected', 'settled', ['rejected', 'missing'], 'unconfirmed', 7],
    ['no entry at all', 'settled', [], 'unconfirmed', 7],
  ];
  for (const [what, kind, statuses, outcome, exitCode] of ends) {
    it(`${what}, ${kind}: ${outcome}`, () => {
      assert.deepEqual(outcomeOfRun({ kind }, nodes(...statuses)), { outcome, exitCode, error: null });
    });
  }

  it('is that of the interrupt, or of following that was given up, whatever is known', () => {
    const interrupted = outcomeOfRun({ kind: 'interrupted', reason: new Interrupted('SIGTERM') }, nodes('rejected'));
    assert.deepEqual([interrupted.outcome, interrupted.exitCode], ['interrupted', 143]);
    const error = new LdctlError('unconfirmed', 'gone', 'gone');
    const blind = outcomeOfRun({ kind: 'gave-up', error }, nodes('completed'));
    assert.deepEqual(blind, { outcome: 'unconfirmed', exitCode: 7, error });
  });
});

describe('what fails after something was sent', () => {
  it('is unconfirmed, and never looks as if nothing was; a fault of our own is named as one', () => {
    for (const [thrown, message] of [
      [new TypeError('x is not y'), 'x is not y'],
      ['text', 'text'],
    ] as const) {
      const { outcome, exitCode, error } = failedOutcome(thrown);
      assert.deepEqual([outcome, exitCode], ['unconfirmed', 7]);
      assert.deepEqual([error?.code, error?.exitCode, error?.cause], ['fault', 7, thrown]);
      assert.equal(error?.message, `a fault in ldctl itself: ${message}`);
    }
  });

  it('is an interrupt where it was one', () => {
    assert.deepEqual(failedOutcome(new Interrupted('SIGINT')), { outcome: 'interrupted', exitCode: 130, error: null });
  });
});

describe('whether anything is left to follow', () => {
  it('is no once it has completed, or all have ended and one was rejected', () => {
    assert.equal(isUnfinished('completed', nodes('completed')), false);
    assert.equal(isUnfinished('rejected', nodes('completed', 'rejected')), false);
  });

  it('is yes while one is open or without an entry, and wherever it is not known', () => {
    assert.equal(isUnfinished('rejected', nodes('rejected', 'processing')), true);
    assert.equal(isUnfinished('rejected', nodes('rejected', null)), true);
    for (const outcome of ['timed_out', 'unconfirmed'] as const) {
      assert.equal(isUnfinished(outcome, nodes('completed')), true);
    }
  });
});
