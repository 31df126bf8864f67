import assert from 'node:assert/strict';
import { type Activity } from '../../../src/base/activity.js';
import { lastCompletedBefore, nodeStates, type RuntimeState } from '../../../src/log/nodes.js';
import { entry } from '../../helpers/command.js';

const NODE = 610809900976570889n;

/** What an operator did, the newest last: `stop`, `restart rejected`. */
function logOf(story: string): Activity[] {
  const acts = story.split(', ').filter((act) => act !== '');
  return acts.map((act, at) => {
    const [action = '', status = 'completed'] = act.split(' ');
    const minute = String(at).padStart(2, '0');
    return entry({
      ...{ id: BigInt(100 + at), node_id: NODE, action, status },
      created_at: `2026-06-01T12:${minute}:00Z`,
      finished_at: status === 'processing' ? null : `2026-06-01T12:${minute}:04Z`,
    });
  });
}

async function stateOf(entries: readonly Activity[]): Promise<RuntimeState | undefined> {
  async function* parts() {
    // In two parts, as a log in pages comes.
    yield await Promise.resolve({ entries: entries.slice(0, 1) });
    yield { entries: entries.slice(1) };
  }
  return (await nodeStates(parts()))[0]?.runtimes.iggy;
}

describe('the state of a runtime by the log', () => {
  for (const [story, state, since] of [
    ['start', 'running', 0],
    ['stop', 'stopped', 0],
    ['stop, restart', 'running', 1],
    ['start, stop, restart rejected', 'stopped', 1],
    ['start, stop processing', 'running', 0],
    ['start, reconfigure:42', 'running', 0],
    ['restart, restart', 'running', 1],
    ['stop rejected', null, null],
    ['reconfigure', null, null],
    ['start, toString', 'running', 0],
  ] as const) {
    it(`after ${story} is ${state ?? 'not known'}, in whatever order entries come`, async () => {
      const log = logOf(story);
      for (const entries of [log, [...log].reverse()]) {
        const found = await stateOf(entries);
        assert.equal(found?.state, state);
        assert.equal(found.since, since === null ? null : `2026-06-01T12:0${since}:04Z`);
        // The newest, by its id.
        assert.equal(found.activity_id, log.at(-1)?.id);
        assert.equal(found.status, log.at(-1)?.status);
      }
    });
  }

  it('is of each runtime and each node by itself', async () => {
    const other = entry({ id: 200n, node_id: 7n, action: 'stop' });
    const connectors = entry({ id: 201n, node_id: NODE, runtime: 'connectors', action: 'stop' });
    async function* parts() {
      yield await Promise.resolve({ entries: [connectors, other, ...logOf('start')] });
    }
    const states = (await nodeStates(parts())).map(({ node_id, runtimes }) => [
      node_id,
      Object.entries(runtimes).map(([runtime, { state }]) => `${runtime} ${state}`),
    ]);
    assert.deepEqual(states, [
      [7n, ['iggy stopped']],
      [NODE, ['connectors stopped', 'iggy running']],
    ]);
  });
});

describe('what decided the state of a runtime before an entry', () => {
  const log = logOf('stop, start, start rejected, reconfigure:42, restart');
  const NEXT = { id: 104n, node_id: NODE, runtime: 'iggy' };
  const idBefore = (entries: readonly Activity[], asked: Partial<typeof NEXT> = {}) =>
    lastCompletedBefore(entries, { ...NEXT, ...asked })?.id ?? null;

  it('is the newest start, stop or restart that completed before it, in whatever order entries come', () => {
    for (const entries of [log, [...log].reverse()]) {
      assert.equal(idBefore(entries), 101n);
      assert.equal(idBefore(entries, { id: 105n }), 104n);
      assert.equal(idBefore(entries, { id: 101n }), 100n);
      assert.equal(idBefore(entries, { id: 100n }), null);
    }
  });

  it('is of this runtime and this node', () => {
    const others = [
      entry({ id: 102n, node_id: 7n, action: 'stop' }),
      entry({ id: 103n, node_id: NODE, runtime: 'connectors', action: 'stop' }),
    ];
    assert.equal(idBefore([...log, ...others]), 101n);
    assert.equal(idBefore([...log, ...others], { node_id: 7n }), 102n);
    assert.equal(idBefore([...log, ...others], { runtime: 'connectors' }), 103n);
    assert.equal(idBefore(others), null);
  });
});
