import assert from 'node:assert/strict';
import ActivitiesList from '../../src/commands/activities/list.js';
import ActivitiesRoll from '../../src/commands/activities/roll.js';
import { type Activity } from '../../src/base/activity.js';
import { ACTIVITIES, CommandBench, entry, page, problem, refuses } from '../helpers/command.js';
import { wordsOf } from '../helpers/words.js';
import { REQUEST_ID } from '../helpers/server.js';
import { parseJson, DATA_FORMATS, readAs } from '../helpers/readers.js';

const PROCESSING = { status: 'processing', finished_at: null };

/** Oldest first, as some logs are. */
const LOG: readonly Activity[] = [
  entry({ id: 101n, node_id: 7n, author_id: 1n, created_at: '2026-06-01T08:00:00Z' }),
  entry({
    id: 102n,
    node_id: 8n,
    runtime: 'connectors',
    action: 'reconfigure:42',
    created_at: '2026-06-01T10:00:00Z',
  }),
  entry({ id: 103n, node_id: 7n, status: 'rejected', created_at: '2026-06-01T11:00:00Z' }),
  entry({
    id: 18446744073709551615n,
    node_id: 9n,
    created_at: '2026-06-01T11:59:00Z',
    ...PROCESSING,
  }),
];

interface ListDocument {
  items: Activity[];
  total_results: bigint;
  error?: { code: string; exit_code: bigint; request_id: string };
}

const idsIn = (stdout: string): bigint[] =>
  (parseJson(stdout) as ListDocument).items.map(({ id }) => id);

describe('activities list', () => {
  let bench: CommandBench;
  beforeEach(() => (bench = new CommandBench()));
  afterEach(() => bench.close());

  it('reads pages of 100 without a filter on the wire, and gives items as the API does, newest first', async () => {
    bench.supervisor.get(`${ACTIVITIES}?page=1&results=100`).reply(200, page(LOG));
    const result = await bench.json(0, ActivitiesList);
    assert.deepEqual(result, { items: LOG.toReversed(), total_results: 4n });
  });

  it('refuses a time that is a number, as it does other nonsense', async () => {
    const odd = { ...entry({ id: 104n, node_id: 7n }), finished_at: 1780315205 as never };
    bench.supervisor
      .get(ACTIVITIES)
      .query(true)
      .times(3)
      .reply(200, page([odd]));
    const { stderr } = await bench.ends(6, ActivitiesList);
    assert.match(stderr, /items\.0: finished_at: a text was expected/);
  });

  const FILTERS: ReadonlyArray<readonly [args: string, ids: readonly bigint[]]> = [
    ['--limit 1', [18446744073709551615n]],
    ['--status rejected,processing', [18446744073709551615n, 103n]],
    ['--status rejected --status completed --node 7', [103n, 101n]],
    ['--runtime connectors', [102n]],
    ['--action reconfigure', [102n]],
    ['--action reconfigure:43', []],
    ['--author 1', [101n]],
    ['--status REJECTED --runtime Iggy --action ReStart', [103n]],
    ['--action Reconfigure:42', [102n]],
    ['--since 90m', [18446744073709551615n, 103n]],
    ['--since 2026-06-01T09:30:00Z --until 2026-06-01T13:30:00+02:00', [103n, 102n]],
  ];
  for (const [args, ids] of FILTERS) {
    it(`keeps what ${args} asks for`, async () => {
      bench.showLog(LOG);
      const { stdout } = await bench.ends(0, ActivitiesList, args, '-o json');
      assert.deepEqual(idsIn(stdout), ids);
      assert.equal((parseJson(stdout) as ListDocument).total_results, 4n);
    });
  }

  it('gives one raw page in the order of the API', async () => {
    bench.supervisor
      .get(`${ACTIVITIES}?page=2&results=5`)
      .reply(200, page(LOG, { number: 2, results: 5, total: 9 }));
    const result = await bench.json(0, ActivitiesList, '--page 2 --results 5');
    assert.deepEqual(result, { items: LOG, total_results: 9n });
  });

  const FEET: ReadonlyArray<readonly [screen: number, columns: string, foot: string | undefined]> =
    [
      [60, 'AGE WHAT STATUS TOOK NODE', 'hidden: ID (--columns shows it)'],
      [80, 'AGE WHAT STATUS TOOK NODE ID', undefined],
      [120, 'AGE WHAT STATUS TOOK NODE ID AUTHOR', undefined],
      [200, 'AGE WHAT STATUS TOOK NODE ID AUTHOR', undefined],
    ];
  for (const [screen, columns, foot] of FEET) {
    it(`at ${screen} columns shows what fits, and says what is missed`, async () => {
      const ids = { id: 7301845022003200453n, author_id: 608123456789012346n };
      const reconfigure = { runtime: 'connectors', action: 'reconfigure:7262013455120900043' };
      bench.showLog(() => [entry({ ...ids, node_id: 610809900976570889n, ...reconfigure })]);
      bench.screen = screen;
      const { stdout } = await bench.run(ActivitiesList);
      const [head = '', , last] = stdout.split('\n');
      assert.deepEqual([head.split(/ +/).join(' '), last || undefined], [columns, foot]);
    });
  }

  it('passes fields and words on that are not known yet', async () => {
    const odd = {
      ...entry({ id: 5n, node_id: 6n }),
      runtime: 'flink',
      status: 'paused',
      reason: { deep: [1n, 2.5] },
    };
    bench.showLog([odd]);
    const { stdout } = await bench.run(ActivitiesList, '-o ndjson');
    assert.match(stdout, /"runtime":"flink".*"status":"paused".*"reason":\{"deep":\["1",2\.5\]\}/);
  });

  it('takes the escape sequences out of what a terminal would get', async () => {
    bench.showLog(() => [entry({ id: 5n, node_id: 6n, runtime: 'ig\u001b[2Jgy\u202e' })]);
    for (const format of ['table', 'csv', 'json', 'yaml', 'ndjson']) {
      const { stdout } = await bench.run(ActivitiesList, '-o', format);
      assert.ok(!stdout.includes('\u001b') && !stdout.includes('\u202e'), format);
    }
  });

  it('prints nothing on stdout for an empty log, and valid documents in formats that have some', async () => {
    bench.showLog([]);
    const printed = new Map<string, string>();
    for (const format of ['table', ...DATA_FORMATS]) {
      const { stdout } = await bench.ends(0, ActivitiesList, '-o', format);
      printed.set(format, stdout);
    }
    assert.equal(printed.get('table'), '');
    assert.equal(printed.get('ndjson'), '');
    assert.match(printed.get('csv') ?? '', /^id,node,[^\n]*\n$/);
    for (const format of ['json', 'yaml'] as const) {
      assert.deepEqual(readAs(format, printed.get(format) ?? ''), { items: [], total_results: 0n });
    }
  });

  describe('that breaks off after its first page', () => {
    const FIRST = Array.from({ length: 100 }, (_, index) =>
      entry({
        id: 500n - BigInt(index),
        node_id: 7n,
        created_at: new Date(Date.UTC(2026, 5) - index).toISOString(),
      }),
    );

    beforeEach(() => {
      bench.supervisor
        .get(`${ACTIVITIES}?page=1&results=100`)
        .reply(200, page(FIRST, { total: 200 }));
      const gone = problem(404, 'not_found', 'It is gone.');
      bench.supervisor.get(`${ACTIVITIES}?page=2&results=100`).reply(404, gone);
    });

    for (const format of ['json', 'ndjson', 'csv', 'yaml'] as const) {
      it(`keeps what it had in ${format}, says why on stderr, and ends with the error's code`, async () => {
        const { stdout, stderr } = await bench.ends(5, ActivitiesList, '--limit 0 -o', format);
        assert.match(
          stderr,
          new RegExp(`^error: .*It is gone[^]*^code not_found, request ${REQUEST_ID}$`, 'm'),
        );
        const value = readAs(format, stdout);
        const items = Array.isArray(value) ? value : (value as ListDocument).items;
        assert.equal(items.length, 100);
        if (format === 'json' || format === 'yaml') {
          const { error } = value as ListDocument;
          assert.deepEqual(
            [error?.code, error?.exit_code, error?.request_id],
            ['not_found', 5n, REQUEST_ID],
          );
        }
      });
    }

    it('is no list for --nodes-from: exit 2, and nothing is read or sent', async () => {
      bench.input = (await bench.ends(5, ActivitiesList, '--limit 0 -o json')).stdout;
      const { stderr } = await bench.ends(2, ActivitiesRoll, 'iggy restart --nodes-from -');
      assert.match(stderr, /^error: --nodes-from: this list broke off, so it may lack nodes$/m);
    });
  });

  it('that cannot start prints an error document alone', async () => {
    bench.supervisor.get(ACTIVITIES).query(true).times(3).reply(502, '<html>');
    const { error, ...rest } = await bench.json<ListDocument>(6, ActivitiesList);
    assert.deepEqual([error?.exit_code, rest], [6n, {}]);
  });

  describe('--watch', () => {
    const processing = LOG[3] ?? entry({ id: 0n, node_id: 0n });

    /** The open entry ends with the third read; the first two make up the first listing. */
    function logThatSettles(status: string): void {
      let reads = 0;
      bench.showLog(() => {
        reads += 1;
        return reads < 4 ? LOG : [...LOG.slice(0, 3), { ...processing, status }];
      });
    }

    it('ends with 0 once all that was listed is final, however it ended', async () => {
      logThatSettles('rejected');
      const result = await bench.json<ListDocument>(0, ActivitiesList, '--watch --timeout 0');
      assert.equal(result.items[0]?.status, 'rejected');
    });

    it('ends with 3 with --exit-status when one that was waited for was rejected', async () => {
      logThatSettles('rejected');
      await bench.ends(3, ActivitiesList, '--watch --exit-status --timeout 0');
    });

    for (const [code, status] of [
      [0, ''],
      [3, '--status rejected,completed'],
      [0, '--status completed'],
    ] as const) {
      it(`ends with ${code} with --exit-status ${status} when only one before it was rejected`, async () => {
        logThatSettles('completed');
        const args = wordsOf(`--watch --exit-status --timeout 0 ${status}`.trimEnd());
        await bench.ends(code, ActivitiesList, args);
      });
    }

    it('ends with 8 when it stops before it can know that nothing is processing', async () => {
      bench.showLog(LOG.slice(0, 3));
      const { stderr } = await bench.ends(8, ActivitiesList, '--watch --timeout 1s');
      assert.match(
        stderr,
        /^error: timed out: nothing is processing, but a new activity may not be in the log yet\nhint: It takes 3 s to be sure\.\n$/m,
      );
    });

    it('says how to continue when it stops while something is processing', async () => {
      bench.showLog(LOG);
      const { stderr } = await bench.ends(8, ActivitiesList, '--watch --timeout 1s');
      assert.match(
        stderr,
        /^error: timed out: 1 still processing\nhint: To continue: ldctl activities wait 18446744073709551615$/m,
      );
    });
  });

  refuses(ActivitiesList, [
    ['--limit -1', /--limit/],
    ['--limit all', /^error: --limit: "all" is not a whole number from 0 to 1000000000$/m],
    ['--results 101', /--results: "101" is not a whole number from 1 to 100$/m],
    ['--page 0', /--page: "0" is not a whole number from 1 to 1000000000$/m],
    ['--page 2 --limit 5', /--limit cannot be used with --page/],
    ['--status complete', /--status: unknown status "complete"$/m],
    ['--action explode', /^error: --action: unknown action "explode"$/m],
    ['--node 7x', /--node: "7x" is not an id/],
    ['--since yesterday', /--since: "yesterday" is not a time/],
    [
      '--until 999999999d',
      /^error: --until: "999999999d" is too long ago\nhint: --until 1970-01-01 /m,
    ],
    [
      '--node all',
      /^error: --node: "all" is not a node\nhint: Leave --node out for every node\.$/m,
    ],
    ['--node ...89', /--node: "...89" is not a node\nhint: The end of an id takes three digits/],
    ['--watch --timeout 0.4ms', /^error: --timeout: 0\.4ms is shorter than 1ms$/m],
    ['--columns id,colour', /colour/],
    ['--watch --follow', /--follow cannot be used with --watch/],
    ['--follow -o yaml', /--follow never ends, so it cannot print yaml/],
    ['--follow --json', /--follow never ends, so it cannot print json/],
    ['--exit-status', /--exit-status needs --watch/],
    ['--watch --page 1', /--watch cannot be used with --page/],
  ]);
});
