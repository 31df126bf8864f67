import assert from 'node:assert/strict';
import { FaultPlan } from '../../../src/sandbox/faults.js';
import { seededRandom } from '../../../src/sandbox/index.js';

function decisions(count: number, failRate: number, seed: number): Array<string | undefined> {
  const plan = new FaultPlan({ failRate }, seededRandom(seed));
  return Array.from({ length: count }, () => {
    const fault = plan.next('GET');
    return fault && `${fault.when} ${fault.status}`;
  });
}

describe('sandbox: which requests meet a fault', () => {
  it('none by default, all at a rate of 1', () => {
    assert.ok(decisions(200, 0, 1).every((fault) => fault === undefined));
    assert.ok(decisions(200, 1, 1).every((fault) => fault !== undefined));
  });

  it('of every kind, before and after', () => {
    assert.deepEqual([...new Set(decisions(200, 1, 1))].sort(), [
      'after 500',
      'after 503',
      'after lost',
      'before 500',
      'before 503',
      'before lost',
    ]);
  });

  it('the same for the same seed, another for another', () => {
    assert.deepEqual(decisions(200, 0.3, 7), decisions(200, 0.3, 7));
    assert.notDeepEqual(decisions(200, 0.3, 7), decisions(200, 0.3, 8));
  });

  it('about as often as the rate says', () => {
    const faults = decisions(2000, 0.3, 7).filter((fault) => fault !== undefined).length;
    assert.ok(faults > 500 && faults < 700, `${faults} of 2000`);
  });

  it('drops the answers of the first POSTs, and of no GET', () => {
    const plan = new FaultPlan({ dropPosts: 2 }, seededRandom(1));
    const lost = { when: 'after', status: 'lost' };
    const seen = ['GET', 'POST', 'GET', 'POST', 'POST'].map((method) => plan.next(method));
    assert.deepEqual(seen, [undefined, lost, undefined, lost, undefined]);
  });
});
