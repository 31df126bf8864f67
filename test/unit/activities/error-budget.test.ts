import assert from 'node:assert/strict';
import { ErrorBudget } from '../../../src/activities/follow/error-budget.js';
import { apiError, lost } from '../../helpers/fake-supervisor.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

describe('the budget with failing polls', () => {
  let budget: ErrorBudget;
  beforeEach(() => {
    budget = new ErrorBudget();
  });
  /** One that fails at once. */
  const failed = (at: number, retryAfterMs?: number) => budget.failed(apiError(503, { retryAfterMs }), at, at);

  it('ends after 60 s without a good one', () => {
    assert.deepEqual(failed(0), { giveUp: false, first: true });
    assert.deepEqual(failed(MINUTE - 1), { giveUp: false, first: false });
    assert.deepEqual(failed(MINUTE), { giveUp: true, first: false });
  });

  it('begins anew with a good one', () => {
    failed(0, 5 * SECOND);
    budget.succeeded();
    assert.equal(budget.retryAfterMs, 0);
    assert.deepEqual(failed(MINUTE), { giveUp: false, first: true });
    assert.equal(failed(2 * MINUTE).giveUp, true);
  });

  it('lasts as long as the API asks for, but over 5 minutes counts as 5', () => {
    failed(0, 100 * SECOND);
    assert.equal(budget.retryAfterMs, 100 * SECOND);
    assert.equal(failed(100 * SECOND - 1, 10 * MINUTE).giveUp, false);
    assert.equal(budget.retryAfterMs, 5 * MINUTE);
    assert.equal(failed(100 * SECOND - 2 + 5 * MINUTE).giveUp, false);
    assert.equal(failed(7 * MINUTE).giveUp, true);
  });

  it('is not bought by a wish that comes with the failure itself', () => {
    failed(0, SECOND);
    assert.equal(failed(MINUTE, SECOND).giveUp, true);
  });

  it('counts from the begin of the first one that failed, or 20 s at most before its end', () => {
    budget.failed(lost(), 0, 15 * SECOND);
    assert.equal(failed(MINUTE).giveUp, true);
    budget = new ErrorBudget();
    budget.failed(lost(), 0, 10 * MINUTE);
    assert.equal(failed(11 * MINUTE - 20 * SECOND - 1).giveUp, false);
    assert.equal(failed(11 * MINUTE - 20 * SECOND).giveUp, true);
  });

  it('ends at once where looking on is pointless', () => {
    for (const status of [401, 403, 404]) assert.equal(budget.failed(apiError(status), 0, 0).giveUp, true);
    for (const status of [400, 429, 500]) assert.equal(budget.failed(apiError(status), 0, 0).giveUp, false);
  });
});
