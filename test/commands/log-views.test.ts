import assert from 'node:assert/strict';
import NodesList from '../../src/commands/nodes/list.js';
import { type Activity } from '../../src/base/activity.js';
import { CommandBench, DEPLOYMENT, entry } from '../helpers/command.js';
import { stringifyJson } from '../../src/base/json.js';

/** As a double, either is 7301845022003201024. */
const [OLD, NEW] = [7301845022003200769n, 7301845022003201025n];

/** The bench's clock stands at noon of 1 June. */
const LOG: readonly Activity[] = [
  entry({
    id: NEW,
    node_id: 9n,
    status: 'processing',
    finished_at: null,
    created_at: '2026-06-01T11:57:00Z',
  }),
  entry({
    id: OLD,
    node_id: 7n,
    created_at: '2026-06-01T11:00:00Z',
    finished_at: '2026-06-01T11:00:04.2Z',
    reason: { deep: 'down' },
  }),
  entry({
    id: 103n,
    node_id: 7n,
    runtime: 'connectors',
    action: 'reconfigure:42',
    created_at: '2026-05-30T11:00:00Z',
    status: 'rejected',
    finished_at: null,
  }),
  entry({
    id: 102n,
    node_id: 18446744073709551615n,
    runtime: 'connector:sink:pg',
    action: 'start',
    created_at: '2026-05-20T11:00:00Z',
    finished_at: '2026-05-20T11:00:01Z',
  }),
  entry({
    id: 101n,
    node_id: 8n,
    created_at: '2026-04-01T08:00:00Z',
    finished_at: '2026-04-01T08:00:04.5Z',
  }),
];

describe('what is made of the log:', () => {
  let bench: CommandBench;
  beforeEach(() => {
    bench = new CommandBench();
  });
  afterEach(() => bench.close());

  describe('nodes list', () => {
    it('says how long ago at a terminal', async () => {
      bench.screen = 80;
      const ago = (minutes: number): string =>
        new Date(Date.now() - minutes * 60_000 - 10_000).toISOString();
      const act = (id: bigint, node_id: bigint, action: string, status: string, minutes: number) =>
        entry({
          ...{ id, node_id, action, status, created_at: ago(minutes) },
          finished_at: status === 'processing' ? null : ago(minutes),
        });
      bench.showLog(() => [
        act(6n, 7n, 'restart', 'rejected', 2),
        act(5n, 7n, 'stop', 'completed', 6),
        act(4n, 8n, 'start', 'completed', 180),
        act(3n, 9n, 'restart', 'processing', 1),
        act(2n, 10n, 'stop', 'completed', 5),
        act(1n, 10n, 'reconfigure:42', 'completed', 7),
      ]);
      const { stdout } = await bench.run(NodesList, '--since 2026-01-01');
      assert.deepEqual(stdout.split('\n').slice(0, -1), [
        'NODE  IGGY                                 CONNECTORS  LAST',
        '7     stopped 6m, restart rejected 2m ago  -           2m',
        '8     running 3h                           -           3h',
        '9     restarting 1m                        -           1m',
        '10    stopped 5m                           -           5m',
      ]);
    });

    describe('at a terminal', () => {
      const structure = stringifyJson({
        ...{ id: 7261845022003200007n, name: 'acme' },
        divisions: [
          {
            ...{ id: 1n, name: 'platform' },
            environments: [
              { id: 2n, name: 'production', deployments: [{ id: DEPLOYMENT, name: 'orders' }] },
            ],
          },
        ],
      });
      const core = (nodes_count: number) => {
        bench.core.get(/\/structure$/).reply(200, structure);
        counts(nodes_count);
      };
      const counts = (nodes_count: number) =>
        bench.core
          .get(/\/divisions\/1\/environments\/2\/deployments\/\d+$/)
          .reply(200, stringifyJson({ id: DEPLOYMENT, nodes_count }));
      beforeEach(() => {
        bench.screen = 200;
        bench.env.LD_TENANT_ID = '7261845022003200007';
      });

      it('says above the table which deployment it is, and how many nodes Core counts', async () => {
        core(9);
        bench.showLog(LOG);
        const { stdout, stderr } = await bench.ends(0, NodesList);
        const line = 'platform/production/orders: 3 nodes, by the activity log (Core counts 9)\n';
        assert.deepEqual([stderr, stdout.split(' ')[0]], [line, 'NODE']);
      });

      it('asks Core once, beside the log, where the profile knows its place', async () => {
        const place = { deployment_path: 'platform/production/orders', division_id: 1n };
        await bench.addProfile({ ...place, environment_id: 2n });
        counts(3);
        bench.showLog(LOG);
        const { stderr } = await bench.ends(0, NodesList, '-p prod');
        assert.match(stderr, /^platform\/production\/orders: 3 nodes, .* \(Core counts 3\)$/m);
      });

      it('says what it knows without Core, and no count beside a filter', async () => {
        bench.core.get(/\/structure$/).reply(200, structure);
        bench.showLog(LOG);
        const filtered = await bench.ends(0, NodesList, '--runtime connectors');
        assert.equal(filtered.stderr, 'platform/production/orders: 1 node, by the activity log\n');
        bench.env.LD_API_URL = undefined;
        const { stderr } = await bench.ends(0, NodesList);
        assert.equal(stderr, `deployment ${DEPLOYMENT}: 3 nodes, by the activity log\n`);
      });

      for (const [number, says] of [
        [
          1,
          'Core counts 1 node; it has not acted in 30 days, so its id is not known yet. To act on it',
        ],
        [
          2,
          'Core counts 2 nodes; none has acted in 30 days, so their ids are not known yet. To act on both',
        ],
        [
          9,
          'Core counts 9 nodes; none has acted in 30 days, so their ids are not known yet. To act on all 9',
        ],
      ] as const) {
        it(`says of a new deployment of ${number} how to act on it`, async () => {
          core(number);
          bench.showLog([]);
          const { stdout, stderr } = await bench.ends(0, NodesList);
          const trigger = 'ldctl activities trigger iggy restart';
          assert.deepEqual(
            [stdout, stderr],
            ['', `platform/production/orders: ${says}: ${trigger}\n`],
          );
        });
      }

      it('says nothing with -q, and asks Core for nothing', async () => {
        bench.showLog(LOG);
        assert.equal((await bench.ends(0, NodesList, '-q')).stderr, '');
      });
    });
  });
});
