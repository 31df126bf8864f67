import assert from 'node:assert/strict';
import nock from 'nock';
import ActivitiesList from '../../src/commands/activities/list.js';
import ActivitiesShow from '../../src/commands/activities/show.js';
import ActivitiesStats from '../../src/commands/activities/stats.js';
import NodesList from '../../src/commands/nodes/list.js';
import { type Activity } from '../../src/base/activity.js';
import {
  ACTIVITIES,
  CommandBench,
  DEPLOYMENT,
  entry,
  page,
  SUPERVISOR,
  refuses,
} from '../helpers/command.js';
import { stringifyJson } from '../../src/base/json.js';
import { DATA_FORMATS, readAs } from '../helpers/readers.js';

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

  describe('activities show', () => {
    it('gives the item as the API gave it', async () => {
      bench.showLog(LOG);
      for (const format of ['json', 'yaml', 'ndjson'] as const) {
        const { stdout } = await bench.ends(0, ActivitiesShow, `${OLD} -o`, format);
        const value = readAs(format, stdout);
        assert.deepEqual(Array.isArray(value) ? value[0] : value, LOG[1]);
      }
    });

    it('shows every field for people, those that are not known yet too, and how long it took', async () => {
      bench.showLog(LOG);
      const { stdout } = await bench.run(ActivitiesShow, `${OLD} --utc`);
      assert.match(stdout, /^id +7301845022003200769$/m);
      assert.match(stdout, /^created at +2026-06-01 11:00:00Z$/m);
      assert.match(stdout, /^took +4\.2s$/m);
      assert.match(stdout, /^reason +\{"deep":"down"\}$/m);
    });

    it('says how long it has been running', async () => {
      bench.showLog(LOG);
      const { stdout } = await bench.run(ActivitiesShow, `${NEW}`);
      assert.match(stdout, /^took +3m00s so far$/m);
    });

    it('goes by its own clock where a cache has answered', async () => {
      bench.supervisor
        .get(`${ACTIVITIES}?page=1&results=100`)
        .reply(200, page(LOG), { date: 'Mon, 01 Jun 2026 11:58:00 GMT', age: '90' });
      const { stdout } = await bench.run(ActivitiesShow, `${NEW}`);
      assert.match(stdout, /^took +3m00s so far$/m);
    });

    it('asks for no answer of a cache, which may lack the newest entries', async () => {
      nock(SUPERVISOR, { reqheaders: { 'cache-control': 'no-cache' } })
        .get(`${ACTIVITIES}?page=1&results=100`)
        .reply(200, page(LOG));
      await bench.ends(0, ActivitiesShow, `${NEW}`);
    });

    it('lets no label that the API chose move the cursor', async () => {
      bench.showLog(() => [entry({ id: 5n, node_id: 7n, '\u001b[2J\u001b[31mwide 名': 'x' })]);
      const { stdout } = await bench.run(ActivitiesShow, '5');
      assert.match(stdout, /^ \[2J \[31mwide 名 {2}x$/m);
      assert.match(stdout, /^id {16}5$/m);
    });

    const MISSING: ReadonlyArray<readonly [id: string, says: RegExp]> = [
      ['100', /closest in the log: 101\. Is/],
      ['18446744073709551615', /newest is 7301845022003201025; this one may not have appeared yet/],
      [
        '7301845022003201024',
        /closest in the log: 7301845022003200769 and 7301845022003201025\. .* rounded/,
      ],
    ];
    for (const [id, says] of MISSING) {
      it(`ends with 5 for ${id}, which is not there, and says where to look`, async () => {
        bench.showLog(LOG);
        const { code, stdout, stderr } = await bench.run(ActivitiesShow, id);
        assert.deepEqual([code, stdout], [5, '']);
        assert.match(stderr, new RegExp(`has no activity ${id}\\n`));
        assert.match(stderr, says);
      });
    }

    it('refuses what is no id before it asks', async () => {
      const { stderr } = await bench.ends(2, ActivitiesShow, '7x');
      assert.match(stderr, /"7x" is not an id/);
      const two = await bench.ends(2, ActivitiesShow, '7,8');
      assert.match(two.stderr, /ID: several ids in one value\nhint: Give one id\.$/m);
    });
  });

  describe('activities stats', () => {
    const restart = { runtime: 'iggy', action: 'restart' };

    it('counts the last 7 days by runtime and action', async () => {
      bench.showLog(LOG);
      const result = await bench.json(0, ActivitiesStats);
      const none = { median_s: null, p90_s: null, max_s: null };
      assert.deepEqual(result, {
        items: [
          {
            runtime: 'connectors',
            action: 'reconfigure',
            count: 1n,
            completed: 0n,
            rejected: 1n,
            processing: 0n,
            ...none,
            last_at: '2026-05-30T11:00:00Z',
          },
          {
            ...restart,
            count: 2n,
            completed: 1n,
            rejected: 0n,
            processing: 1n,
            ...(readAs('json', '{"median_s":4.2,"p90_s":4.2,"max_s":4.2}') as object),
            last_at: '2026-06-01T11:57:00Z',
          },
        ],
      });
    });

    it('takes the filters of list, and counts by node', async () => {
      bench.showLog(LOG);
      const args =
        '--by node --since 90d --runtime iggy -o csv --columns node,count,longest --no-header';
      const { stdout, stderr } = await bench.run(ActivitiesStats, args);
      assert.equal(stdout, '7,1,4.2\n8,1,4.5\n9,1,\n', stderr);
    });

    it('is one table', async () => {
      bench.showLog(LOG.slice(1, 2));
      const { stdout } = await bench.run(ActivitiesStats, '--utc');
      assert.equal(
        stdout,
        'RUNTIME  ACTION   COUNT  COMPLETED  REJECTED  PROCESSING  MEDIAN  P90   LONGEST  LAST\n' +
          'iggy     restart  1      1          0         0           4.2s    4.2s  4.2s     2026-06-01 11:00:00Z\n',
      );
    });

    const DURATIONS: ReadonlyArray<readonly [seconds: number[], csv: string]> = [
      [[0.7], '0.7,0.7,0.7'],
      [[1, 3], '1,3,3'],
      [[12.345, 4.567, 4.123], '4.567,12.345,12.345'],
      [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], '5,9,10'],
    ];
    for (const [seconds, csv] of DURATIONS) {
      it(`of ${seconds.join(', ')} seconds has median, p90 and longest ${csv}; configs do not count, nor what did not complete`, async () => {
        const created_at = '2026-06-01T11:00:00.000Z';
        const finished = (s: number): string =>
          new Date(Date.parse(created_at) + s * 1000).toISOString();
        const one = (n: number, fields: Partial<Activity>): Activity =>
          entry({
            id: BigInt(n + 1),
            node_id: 7n,
            created_at,
            action: `reconfigure:${n}`,
            ...fields,
          });
        bench.showLog(() => [
          one(90, { status: 'rejected', finished_at: finished(99) }),
          one(91, { status: 'paused', finished_at: finished(99) }),
          ...seconds.map((s, n) => one(n, { finished_at: finished(s) })),
        ]);
        const columns = 'action,completed,rejected,processing,median,p90,longest';
        const { stdout } = await bench.run(
          ActivitiesStats,
          '-o csv --no-header --columns',
          columns,
        );
        assert.equal(stdout, `reconfigure,${seconds.length},1,1,${csv}\n`);
      });
    }

    it('is a valid document where there is nothing', async () => {
      bench.showLog([]);
      const result = await bench.json(0, ActivitiesStats);
      assert.deepEqual(result, { items: [] });
    });
  });

  describe('nodes list', () => {
    it('has the last activity of each runtime on each node of the last 30 days', async () => {
      bench.showLog(LOG);
      const { items } = await bench.json<{ items: unknown[] }>(0, NodesList);
      const iggy = {
        activity_id: OLD,
        action: 'restart',
        status: 'completed',
        created_at: '2026-06-01T11:00:00Z',
        state: 'running',
        since: '2026-06-01T11:00:04.2Z',
      };
      const connectors = {
        activity_id: 103n,
        action: 'reconfigure:42',
        status: 'rejected',
        created_at: '2026-05-30T11:00:00Z',
        state: null,
        since: null,
      };
      assert.deepEqual(items[0], {
        node_id: 7n,
        node_name: null,
        last_activity_at: '2026-06-01T11:00:00Z',
        runtimes: { iggy, connectors },
      });
      assert.equal(items.length, 3);
    });

    it('takes any name for a runtime, and lets none move the cursor', async () => {
      const names = ['__proto__', '\u001b[31mred'];
      bench.showLog(() =>
        names.map((runtime, n) => entry({ id: BigInt(n), node_id: 7n, runtime })),
      );
      const result = await bench.json<{ items: Array<{ runtimes: object }> }>(0, NodesList);
      const [node] = result.items;
      assert.deepEqual(Object.keys(node?.runtimes ?? {}).sort(), [...names].sort());
      const table = (await bench.run(NodesList)).stdout;
      assert.match(table, /^NODE +IGGY +CONNECTORS +\[31MRED +__PROTO__ +LAST$/m);
    });

    it('says what each runtime is by the log, and what came after', async () => {
      bench.showLog(LOG);
      const { stdout, stderr } = await bench.run(NodesList, '--utc');
      assert.equal(
        stdout,
        'NODE                  IGGY        CONNECTORS            CONNECTOR:SINK:PG  LAST\n' +
          '7                     running     reconfigure rejected  -                  2026-06-01 11:00:00Z\n' +
          '9                     restarting  -                     -                  2026-06-01 11:57:00Z\n' +
          '18446744073709551615  -           -                     running            2026-05-20 11:00:00Z\n',
      );
      assert.equal(stderr, '');
    });

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

    it('has the same columns in CSV whether a runtime was named or not', async () => {
      bench.showLog(LOG.slice(0, 1));
      const { stdout, stderr } = await bench.run(NodesList, '-o csv -q');
      const [header, row] = stdout.split('\n');
      assert.equal(header, 'node,iggy,connectors,last,name');
      assert.equal(row, '9,processing,,2026-06-01T11:57:00Z,');
      assert.equal(stderr, '');
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

    it('of nothing says so off a terminal, too, and with the filters that were typed', async () => {
      bench.showLog([]);
      for (const [flags, says] of [
        [
          '--utc',
          'No node has acted in the last 30 days, so no id is known yet. To act on every node: ldctl activities trigger iggy restart',
        ],
        ['--runtime iggy', 'no nodes in the log of the last 30 days with --runtime iggy'],
        ['--since 7d', 'no nodes in the log with --since 7d'],
      ] as const) {
        const { stderr } = await bench.ends(0, NodesList, flags);
        assert.equal(stderr, `${says}\n`);
      }
    });

    it('is a valid document in every format where there is nothing', async () => {
      bench.showLog([]);
      for (const format of DATA_FORMATS) {
        const { stdout } = await bench.ends(0, NodesList, '-o', format);
        if (format === 'json' || format === 'yaml') {
          assert.deepEqual(readAs(format, stdout), { items: [] });
        }
      }
    });
  });

  describe('activities list --after', () => {
    it('gives what is newer, oldest first', async () => {
      bench.showLog(LOG);
      const result = await bench.json(0, ActivitiesList, '--after 101 --limit 3');
      assert.deepEqual(result, { items: [LOG[3], LOG[2], LOG[1]], total_results: 5n });
    });

    refuses(ActivitiesList, [
      [['--after', ''], /--after is empty/],
      ['--after 7 --page 2', /--after cannot be used with --page/],
      ['--after 7 --watch', /--after cannot be used with --watch/],
      ['--after 7 --follow --limit 5', /--limit cannot be used with --after and --follow/],
      ['--after 7 --follow -o json', /--follow never ends/],
    ]);
  });
});
