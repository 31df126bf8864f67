import assert from 'node:assert/strict';
import { type JobReport } from '../../../src/activities/job.js';
import { joinReports } from '../../../src/activities/join-reports.js';
import { interruptedVerdict, verdictOf, type Verdict } from '../../../src/activities/report.js';
import { reportOf } from '../../../src/activities/run.js';
import { Interrupted, LdctlError } from '../../../src/core/errors.js';
import { type Id } from '../../../src/core/ids.js';

function report(verdict: Verdict, node: Id | null, resume: string | null = null): JobReport {
  const unknown = { replayed: null, recovered: null, requestId: null };
  const facts = { deploymentId: 71n, runtime: 'iggy', action: 'restart', idempotencyKey: `key of ${node ?? '?'}`, ...unknown };
  const row = { node_id: node, activity_id: 7n, status: 'completed', created_at: null, finished_at: null, ambiguous: false };
  return reportOf(facts, 'named', verdict, [row], resume);
}

describe('two reports as one', () => {
  /** The graver first (design, "Exit codes"). */
  const verdicts = [
    interruptedVerdict(new Interrupted('SIGTERM')),
    verdictOf('unconfirmed', new LdctlError('unconfirmed', 'gone', 'gone')),
    verdictOf('rejected'),
    verdictOf('halted'),
    verdictOf('timed_out'),
    verdictOf('completed'),
  ];

  it('end as the graver one does, whichever comes first', () => {
    verdicts.forEach((graver, index) => {
      for (const other of verdicts.slice(index)) {
        for (const [a, b] of [[graver, other], [other, graver]] as const) {
          const { result, exitCode } = joinReports(report(a, 1n), report(b, 2n), [1n, 2n]);
          assert.deepEqual([result.outcome, exitCode], [graver.outcome, graver.exitCode]);
        }
      }
    });
  });

  it('keep the error of either', () => {
    const good = report(verdictOf('completed'), 1n);
    const bad = report(verdictOf('unconfirmed', new LdctlError('unconfirmed', 'gone', 'gone')), 2n);
    assert.equal(joinReports(good, bad, []).error, bad.error);
    assert.equal(joinReports(bad, good, []).error, bad.error);
  });

  it('tell all nodes in the order asked, those unknown last, with what is left to do of both', () => {
    const late = (node: Id): JobReport => report(verdictOf('timed_out'), node, `wait ${node}`);
    const joined = joinReports(late(1n), late(2n), [2n, 1n]);
    assert.deepEqual(joined.result.nodes.map(({ node_id: node }) => node), [2n, 1n]);
    assert.equal(joined.result.resume, 'wait 1 && wait 2');
    assert.equal(joined.result.idempotency_key, 'key of 1');
    const withUnknown = joinReports(report(verdictOf('completed'), null), report(verdictOf('completed'), 2n), [2n]);
    assert.deepEqual(withUnknown.result.nodes.map(({ node_id: node }) => node), [2n, null]);
    assert.equal(withUnknown.result.resume, null);
  });
});
