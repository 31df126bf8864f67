import assert from 'node:assert/strict';
import { type Activity } from '../../../src/base/activity.js';
import { UsageError } from '../../../src/base/errors.js';
import { cellText, selectColumns } from '../../../src/output/columns.js';
import { printList } from '../../../src/output/list.js';
import { activityColumns } from '../../../src/output/rows.js';
import { type PrintOptions } from '../../../src/output/streams.js';
import { memoryOutput, type Terminal } from '../../helpers/memory-output.js';
import { activity, HOSTILE, LARGEST, processing, written } from './support/samples.js';

const items = [
  processing({ id: 7261845022003200002n, author_id: 610809900976570000n }),
  activity({ author_id: 610809900976570000n }),
];
const AT = { isTTY: true, colour: false } as const;

async function lines(
  terminal: Partial<Terminal>,
  entries: readonly Activity[] = items,
  wanted: Partial<PrintOptions> = {},
): Promise<string[]> {
  const output = written(memoryOutput(terminal), wanted);
  const total = entries.length;
  const pages = Array.from({ length: Math.ceil(total / 100) }, (_, page) => ({
    entries: entries.slice(page * 100, (page + 1) * 100),
    total,
  }));
  await printList(output, pages, { noun: 'activities', columns: activityColumns });
  return output.stdout.lines;
}

describe('a list as a table', () => {
  it('has columns two spaces apart, nothing at the end of a line, and times in UTC off a terminal', async () => {
    assert.deepEqual(await lines({}, items, { utc: false }), [
      'CREATED               RUNTIME  ACTION   STATUS      TOOK  NODE                ID                   AUTHOR',
      '2026-03-16 12:00:00Z  iggy     restart  processing  -     610809900976570889  7261845022003200002  610809900976570000',
      '2026-03-16 12:00:00Z  iggy     restart  completed   4.8s  610809900976570889  7261845022003200001  610809900976570000',
    ]);
  });

  it('has one column for what was done, with the end of a config, and one for how long ago, at a terminal', async () => {
    const ages = {
      '2h': 7_200_000,
      '3d': 288_000_000,
      '36h': 129_600_000,
      '1m': 119_000,
      '59s': 59_600,
      '12s': 12_300,
      '0s': -60_000,
    };
    const entries = Object.values(ages).map((ms) =>
      activity({
        action: 'reconfigure:7262600000000000043',
        created_at: new Date(Date.now() - ms).toISOString(),
      }),
    );
    const [header = '', ...rows] = await lines({ ...AT, columns: 118 }, entries);
    assert.equal(header.split(/ +/).join(' '), 'AGE WHAT STATUS TOOK NODE ID AUTHOR');
    assert.deepEqual(
      rows.map((row) => row.split(' ')[0]),
      Object.keys(ages),
    );
    assert.match(rows[0] ?? '', / iggy reconfigure:…043 {2}completed/);
  });

  for (const [columns, header, dropped] of [
    [120, 'AGE WHAT STATUS TOOK NODE ID AUTHOR', ''],
    [80, 'AGE WHAT STATUS TOOK NODE ID', ''],
    [62, 'AGE WHAT STATUS TOOK NODE ID', ''],
    [61, 'AGE WHAT STATUS TOOK NODE', 'ID'],
    [50, 'AGE WHAT STATUS TOOK NODE', 'ID'],
    [35, 'AGE WHAT STATUS NODE', 'TOOK, ID'],
    [10, 'STATUS', 'AGE, WHAT, TOOK, NODE, ID'],
  ] as const) {
    it(`gives up whole columns, and says which are missed: ${columns} columns`, async () => {
      const entry = activity({
        author_id: 610809900976570000n,
        created_at: new Date().toISOString(),
      });
      const rows = await lines({ ...AT, columns }, [entry]);
      assert.equal(rows[0]?.split(/ +/).join(' '), header);
      assert.equal(
        rows[2],
        dropped === ''
          ? undefined
          : `hidden: ${dropped} (--columns shows ${dropped === 'ID' ? 'it' : 'them'})`,
      );
      if (columns > 10) for (const row of rows.slice(0, 2)) assert.ok(row.length <= columns, row);
    });
  }

  it('first gives up digits of nodes, but no two are the same', async () => {
    const nodes = async (...ids: readonly bigint[]): Promise<string[]> => {
      const created_at = new Date().toISOString();
      const entries = ids.map((node_id) => activity({ node_id, created_at }));
      const rows = await lines({ ...AT, columns: 65 }, entries);
      return rows.slice(1, ids.length + 1).map((row) => row.split(/ {2,}/)[4] ?? '');
    };
    const [one, two, three] = [610809900976570889n, 610809900976570890n, 610809900976580890n];
    assert.deepEqual(await nodes(one, two), ['…0889', '…0890']);
    assert.deepEqual(await nodes(one, two, three), ['…70889', '…70890', '…80890']);
    assert.deepEqual(await nodes(two, 620809900976570890n), [
      '…10809900976570890',
      '…20809900976570890',
    ]);
  });

  it('says which filter found nothing', async () => {
    const output = memoryOutput(AT);
    const filters = { status: ['rejected', 'completed'], since: '2h', node: undefined };
    await printList(output, [], { noun: 'activities', columns: activityColumns, filters });
    assert.equal(output.stderr.text, 'no activities with --status rejected,completed --since 2h\n');
  });

  it('shows the chosen columns, all of them, in their order, however narrow the terminal', async () => {
    const columns = ['tenant', 'took', 'action', 'id'];
    const entry = activity({ id: LARGEST, action: 'reconfigure:7262600000000000043' });
    assert.deepEqual(await lines({ ...AT, columns: 5 }, [entry], { columns }), [
      'TENANT  TOOK  ACTION                           ID',
      '1       4.8s  reconfigure:7262600000000000043  18446744073709551615',
    ]);
    const bare = { header: false, columns: ['id', 'status'] };
    assert.deepEqual(await lines({}, [items[0] ?? entry], bare), [
      '7261845022003200002  processing',
    ]);
  });

  it('stays in one line whatever a hostile API says, and in line for wide characters', async () => {
    const columns = ['action', 'status', 'created'];
    const odd = [
      activity({ status: HOSTILE, action: '', created_at: 'yesterday' }),
      activity({ action: '再起動' }),
    ];
    const [header, first = '', second] = await lines({}, odd, { columns });
    assert.equal(header, 'ACTION  STATUS                          CREATED');
    assert.match(first, /^- {8}\[2J \[31mred {2}2J {2}next esrever {2}yesterday$/);
    assert.equal(second, '再起動  completed                       2026-03-16 12:00:00Z');
  });

  it('sizes a long list by its first 1000 rows, and breaks nothing later', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => activity({ id: BigInt(index + 1) }));
    const rows = await lines({}, [...many, activity({ id: LARGEST })], {
      columns: ['id', 'status'],
    });
    assert.equal(rows.length, 1102);
    assert.equal(rows[1], '1     completed');
    assert.equal(rows[1100], '1100  completed');
    assert.equal(rows[1101], '18446744073709551615  completed');
  });
});

it('times in a table are local at a terminal, and UTC with a Z when asked', async () => {
  const zone = process.env.TZ;
  process.env.TZ = 'Asia/Kolkata';
  const time = async (utc: boolean): Promise<unknown> =>
    (await lines(AT, [activity()], { columns: ['created'], utc }))[1];
  assert.deepEqual(
    [await time(false), await time(true)],
    ['2026-03-16 17:30:00', '2026-03-16 12:00:00Z'],
  );
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const names = (wanted?: readonly string[]): string[] =>
  selectColumns(activityColumns, wanted).columns.map((column) => column.name);

describe('--columns', () => {
  it('selects and reorders, in any case; all of them when it is not given', () => {
    assert.deepEqual(names(['STATUS', 'id']), ['status', 'id']);
    assert.deepEqual(names().slice(0, 8), [
      'id',
      'node',
      'runtime',
      'action',
      'what',
      'status',
      'author',
      'created',
    ]);
  });

  it('refuses a name that is unknown or empty, and lists the names', () => {
    for (const [wanted, message] of [
      [['id', 'colour'], /there is no column "colour"/],
      [[''], /there is no column ""/],
    ] as const) {
      const isRefusal = (error: unknown): boolean =>
        error instanceof UsageError &&
        message.test(error.message) &&
        /: id, node, runtime/.test(error.hint ?? '');
      assert.throws(() => names(wanted), isRefusal);
    }
  });
});

it('the text of a cell is never empty, exact for ids, in words for booleans, and harmless', () => {
  const cells = [null, undefined, '', 18446744073709551615n, true, false];
  assert.deepEqual(cells.map(cellText), ['-', '-', '-', '18446744073709551615', 'yes', 'no']);
  assert.doesNotMatch(cellText(HOSTILE), /[^ -~]/);
});
