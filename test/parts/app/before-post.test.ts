import assert from 'node:assert/strict';
import { apiError } from '../../helpers/virtual-server.js';
import { clock, EVERY, RESTART, roll, setUp, supervisor, trigger } from './bench.js';

beforeEach(() => setUp());

describe('what comes before a POST', () => {
  const LATE = {
    exitCode: 6,
    code: 'timeout',
    message: 'the log could not be read in time',
  };
  /** From now on each read of a page takes this long. */
  function takes(ms: number): void {
    supervisor.onRead = async (page, _query, { signal }) => {
      for (let left = ms; left > 0; left -= 250) await clock.sleep(250, signal);
      return page;
    };
  }

  const nodes = [1n];
  for (const [what, pageMs, start] of [
    ['a run on named nodes', 70_000, () => trigger({ ...RESTART, ifBusy: 'fail' })],
    ['a roll', 70_000, () => roll({ nodes })],
    ['a roll and its look for busy nodes', 40_000, () => roll({ nodes, ifBusy: 'fail' })],
  ] as const) {
    it(`has a minute in all: ${what}`, async () => {
      takes(pageMs);
      await assert.rejects(start(), LATE);
      assert.deepEqual([clock.elapsed(), supervisor.posts], [60_000, []]);
    });
  }

  it('has a minute in all: a run on every node, and the look around before it', async () => {
    takes(25_000);
    supervisor.addHistory(150, { createdAt: clock.now() - 3_600_000 });
    await assert.rejects(trigger({ ...EVERY, ifBusy: 'fail' }), LATE);
    assert.deepEqual([clock.elapsed(), supervisor.posts], [60_000, []]);
  });

  it('has a minute for the look around alone, in which its machine may sleep', async () => {
    supervisor.addHistory(500, { createdAt: clock.now() - 60_000 });
    supervisor.beforeRead = () => clock.stop(25_000);
    await assert.rejects(trigger(EVERY), LATE);
    assert.deepEqual(supervisor.posts, []);
    assert.ok(supervisor.reads.length <= 3);
  });

  it('is a single read of the log for a roll that no busy node is to stop', async () => {
    supervisor.onPost = () => apiError(403);
    await assert.rejects(roll(), { exitCode: 4 });
    assert.equal(supervisor.reads.length, 1);
  });

  it('does not count the wait for a busy node', async () => {
    supervisor.add({ node: 1n, runtime: 'iggy', workMs: 120_000 });
    takes(1000);
    const { outcome } = await trigger({ ...RESTART, ifBusy: 'wait' });
    assert.equal(outcome, 'completed');
  });

  it('has a minute for each node of a roll once one was sent to', async () => {
    takes(9000);
    const { outcome } = await roll();
    assert.equal(outcome, 'completed');
  });
});
