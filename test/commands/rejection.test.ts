import assert from 'node:assert/strict';
import nock from 'nock';
import { type Activity } from '../../src/base/activity.js';
import ActivitiesWait from '../../src/commands/activities/wait.js';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import { ACTIVITIES, CommandBench, entry, page } from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';

const NODE = 610809900976570889n;

describe('a rejection', () => {
  let bench: CommandBench;
  beforeEach(() => (bench = new CommandBench()));
  afterEach(() => bench.close());

  it('says what was last completed there: by ids, of this runtime, and only what completed', async () => {
    const log = [
      entry({ id: 15n, node_id: NODE, runtime: 'connectors', action: 'start' }),
      entry({ id: 14n, node_id: 7n, action: 'start' }),
      entry({ id: 13n, node_id: NODE, action: 'start', status: 'rejected' }),
      entry({ id: 12n, node_id: NODE, action: 'stop' }),
      entry({ id: 11n, node_id: NODE, action: 'start' }),
    ];
    bench.showLog(() => log);
    bench.supervisor.post(`${ACTIVITIES}/iggy/restart`).reply(202, () => {
      log.unshift(
        entry({ id: 17n, node_id: NODE, action: 'start' }),
        entry({ id: 16n, node_id: NODE, status: 'rejected' }),
      );
      return '';
    });
    const args = ['iggy', 'restart', '--node', String(NODE), '--timeout', '0', '-o', 'json'];
    const { stdout, stderr } = await bench.ends(3, ActivitiesTrigger, args);
    const { nodes } = parseJson(stdout) as { nodes: Array<{ last_completed: object }> };
    assert.deepEqual(nodes[0]?.last_completed, {
      activity_id: 12n,
      action: 'stop',
      finished_at: '2026-06-01T12:00:05.500Z',
    });
    assert.match(stderr, new RegExp(`${NODE}: its last completed action was stop, `));
    assert.match(
      stderr,
      new RegExp(`^next: ldctl activities trigger iggy start --node ${NODE}$`, 'm'),
    );
  });

  it('is not tried again by the same key: the second run follows the first, and says so', async () => {
    const log: Activity[] = [];
    bench.showLog(() => log);
    bench.supervisor.post(`${ACTIVITIES}/iggy/restart`).reply(202, () => {
      log.unshift(entry({ id: 16n, node_id: NODE, status: 'rejected' }));
      return '';
    });
    const args = `iggy restart --node ${NODE} --timeout 0 --idempotency-key deploy-7`;
    const first = await bench.ends(3, ActivitiesTrigger, args);
    const again = /^to run it again, use another --idempotency-key$/m;
    assert.doesNotMatch(first.stderr, again);
    const second = await bench.ends(3, ActivitiesTrigger, args);
    assert.match(second.stderr, again);
  });

  it('looks no further down than it has to', async () => {
    const isRead = async (stopId: bigint): Promise<boolean> => {
      const log = Array.from({ length: 300 }, (_, at): Activity => {
        const id = 1000n - BigInt(at);
        const created_at = new Date(bench.clock.now() - at * 60_000).toISOString();
        const [node_id, action] = id === stopId ? [NODE, 'stop'] : [7n, 'restart'];
        return entry({ id, node_id, action, created_at });
      });
      const pages: number[] = [];
      bench.showPages(log, ({ number }) => pages.push(number));
      bench.supervisor.post(`${ACTIVITIES}/iggy/restart`).reply(202, () => {
        log.unshift(entry({ id: 2000n, node_id: NODE, status: 'rejected' }));
        return '';
      });
      const args = ['iggy', 'restart', '--node', String(NODE), '--timeout', '0'];
      const { stderr } = await bench.run(ActivitiesTrigger, ...args);
      assert.match(stderr, /its last completed action was stop, /);
      nock.cleanAll();
      return pages.includes(2);
    };
    assert.deepEqual([await isRead(990n), await isRead(850n)], [false, true]);
  });

  it('quotes the URL of the supervisor in what comes next', async () => {
    const url = 'http://[::1]:7777';
    const log = [entry({ id: 11n, node_id: NODE, action: 'start' })];
    const supervisor = nock(url).persist();
    supervisor
      .get(ACTIVITIES)
      .query(true)
      .reply(200, () => page(log));
    supervisor.post(`${ACTIVITIES}/iggy/restart`).reply(202, () => {
      log.unshift(entry({ id: 16n, node_id: NODE, status: 'rejected' }));
      return '';
    });
    const args = ['iggy', 'restart', '--node', String(NODE), '--supervisor-url', url];
    const { stderr } = await bench.ends(3, ActivitiesTrigger, args);
    assert.match(stderr, /^next: ldctl nodes list --supervisor-url 'http:\/\/\[::1\]:7777'$/m);
  });

  it('quotes a runtime that the log names, whatever that holds', async () => {
    const runtime = 'connector:a; reboot';
    bench.showLog([
      entry({ id: 16n, node_id: NODE, runtime, status: 'rejected' }),
      entry({ id: 12n, node_id: NODE, runtime, action: 'stop' }),
    ]);
    const { stderr } = await bench.ends(3, ActivitiesWait, '16 --timeout 0');
    const next = `ldctl activities trigger 'connector:a; reboot' start --node ${NODE}`;
    assert.match(stderr, new RegExp(`^next: ${next}$`, 'm'));
  });

  it('quotes several nodes in what comes next, as a shell needs it', async () => {
    const nodes = [7n, 8n];
    const log = nodes.map((node_id) => entry({ id: 10n + node_id, node_id, action: 'stop' }));
    bench.showLog(() => log.toReversed());
    bench.supervisor.post(`${ACTIVITIES}/iggy/restart`).reply(202, () => {
      log.push(
        ...nodes.map((node_id) => entry({ id: 20n + node_id, node_id, status: 'rejected' })),
      );
      return '';
    });
    const args = 'iggy restart --node 7,8 --timeout 0';
    const { stderr } = await bench.ends(3, ActivitiesTrigger, args);
    assert.match(stderr, /^next: ldctl activities trigger iggy start --node "7,8"$/m);
  });
});
