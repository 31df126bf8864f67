import assert from 'node:assert/strict';
import { type Activity } from '../../../src/base/activity.js';
import { activityColumns } from '../../../src/output/activity-columns.js';
import { printList, type PrintOptions } from '../../../src/output/list.js';
import { memoryOutput, type MemoryOutput, type Terminal } from '../../helpers/memory-output.js';
import { activity, HOSTILE, LARGEST, options, processing } from './support/samples.js';

const items = [
  processing({ id: 7261845022003200002n, author_id: 610809900976570000n }),
  activity({ author_id: 610809900976570000n }),
];

async function print(
  terminal: Partial<Terminal>,
  entries: readonly Activity[] = items,
  wanted: Partial<PrintOptions> = {},
): Promise<MemoryOutput> {
  const output = memoryOutput(terminal);
  await printList(output, [entries], { noun: 'activities', columns: activityColumns }, options(wanted));
  return output;
}

async function lines(...wanted: Parameters<typeof print>): Promise<string[]> {
  return (await print(...wanted)).stdout.lines;
}

describe('a list as a table', () => {
  it('has columns two spaces apart, nothing at the end of a line, and times in UTC off a terminal', async () => {
    assert.deepEqual(await lines({}, items, { utc: false }), [
      'ID                   NODE                RUNTIME  ACTION   STATUS      AUTHOR              CREATED               TOOK',
      '7261845022003200002  610809900976570889  iggy     restart  processing  610809900976570000  2026-03-16 12:00:00Z  -',
      '7261845022003200001  610809900976570889  iggy     restart  completed   610809900976570000  2026-03-16 12:00:00Z  4.8s',
    ]);
  });

  const AT = { isTTY: true, colour: false } as const;

  it('has one column for what was done, and one for how long ago, at a terminal', async () => {
    const log = [
      ['2h', 2 * 3_600_000],
      ['3d', 80 * 3_600_000],
      ['5m', 330_000],
      ['12s', 12_300],
      ['0s', -60_000],
    ] as const;
    const entries = log.map(([, ms]) => activity({ created_at: new Date(Date.now() - ms).toISOString() }));
    const [header = '', ...rows] = await lines({ ...AT, columns: 118 }, entries);
    assert.equal(header.split(/ +/).join(' '), 'ID NODE WHAT STATUS AUTHOR AGE TOOK');
    assert.deepEqual(
      rows.map((row) => row.slice(header.indexOf('AGE')).split(' ')[0]),
      log.map(([age]) => age),
    );
    const [asked] = await lines({ ...AT, columns: 40 }, items, { columns: ['runtime', 'action'] });
    assert.equal(asked, 'RUNTIME  ACTION');
  });

  it('leaves the id of a config to --columns action, since it is as wide as two other columns', async () => {
    const log = [activity({ action: 'reconfigure:7262600000000000043' })];
    assert.match((await lines({ ...AT, columns: 80 }, log))[1] ?? '', / iggy reconfigure {2}completed/);
    const asked = await lines({ ...AT, columns: 20 }, log, { columns: ['action'] });
    assert.equal(asked.at(-1), 'reconfigure:7262600000000000043');
  });

  for (const [columns, header] of [
    [110, 'ID NODE WHAT STATUS AUTHOR AGE TOOK'],
    [80, 'ID NODE WHAT STATUS AGE TOOK'],
    [74, 'ID NODE WHAT STATUS AGE'],
    [66, 'ID NODE WHAT STATUS'],
    [53, 'ID NODE STATUS'],
    [40, 'ID STATUS'],
    [10, 'ID STATUS'],
  ] as const) {
    it(`gives up whole columns, but never id and status: ${columns} columns`, async () => {
      const rows = await lines({ ...AT, columns }, [
        activity({ author_id: 610809900976570000n, created_at: new Date().toISOString() }),
      ]);
      assert.equal(rows[0]?.split(/ +/).join(' '), header);
      if (columns > 31) for (const row of rows) assert.ok(row.length <= columns, row);
    });
  }

  it('never cuts an id, however narrow the terminal', async () => {
    assert.deepEqual(await lines({ ...AT, columns: 5 }, [activity({ id: LARGEST })], { columns: ['id'] }), [
      'ID',
      '18446744073709551615',
    ]);
  });

  it('has a bold header and the status in colour at a terminal', async () => {
    const [header, first, second] = await lines({ isTTY: true, columns: 36 }, items, { columns: ['id', 'status'] });
    assert.equal(header, '\u001B[1mID\u001B[22m                   \u001B[1mSTATUS\u001B[22m');
    assert.equal(first, '7261845022003200002  \u001B[36mprocessing\u001B[39m');
    assert.equal(second, '7261845022003200001  \u001B[32mcompleted\u001B[39m');
  });

  it('shows the chosen columns, all of them, in their order', async () => {
    const chosen = { columns: ['tenant', 'took', 'finished', 'id'], utc: false };
    const [header, ...rows] = await lines(
      { isTTY: true, colour: false, columns: 20 },
      [items[1] ?? activity()],
      chosen,
    );
    assert.equal(header, 'TENANT  TOOK  FINISHED             ID');
    assert.match(rows[0] ?? '', /^1 {7}4\.8s {2}\d{4}-\d\d-\d\d \d\d:\d\d:04 {2}7261845022003200001$/);
  });

  it('leaves the header away when told', async () => {
    assert.deepEqual(await lines({}, items, { header: false, columns: ['id', 'status'] }), [
      '7261845022003200002  processing',
      '7261845022003200001  completed',
    ]);
  });

  it('stays in one line whatever a hostile API says', async () => {
    const rows = await lines({}, [activity({ status: HOSTILE, action: '' })], { columns: ['id', 'action', 'status'] });
    assert.equal(rows.length, 2);
    assert.match(rows[1] ?? '', /^7261845022003200001 {2}- {8}\[2J \[31mred {2}2J {2}next esrever$/);
    assert.doesNotMatch(rows.join(''), /[^ -~]/);
  });

  it('shows a time that is none as it came', async () => {
    const [, row] = await lines({}, [activity({ created_at: 'yesterday' })], { columns: ['created', 'took'] });
    assert.equal(row, 'yesterday  -');
  });

  it('keeps its columns in line for wide characters', async () => {
    const [, wide, narrow] = await lines({}, [activity({ action: '再起動' }), activity()], {
      columns: ['action', 'status'],
    });
    assert.equal(wide, '再起動   completed');
    assert.equal(narrow, 'restart  completed');
  });

  it('sizes a long list by its first 1000 rows, and breaks nothing later', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => activity({ id: BigInt(index + 1) }));
    const rows = await lines({}, [...many, activity({ id: LARGEST })], { columns: ['id', 'status'] });
    assert.equal(rows.length, 1102);
    assert.equal(rows[1], '1     completed');
    assert.equal(rows[1100], '1100  completed');
    assert.equal(rows[1101], '18446744073709551615  completed');
  });

  it('of nothing prints nothing, and says so at a terminal', async () => {
    const terminal = await print({ isTTY: true }, []);
    assert.deepEqual([terminal.stdout.text, terminal.stderr.text], ['', 'no activities\n']);
    const pipe = await print({}, []);
    assert.deepEqual([pipe.stdout.text, pipe.stderr.text], ['', '']);
  });
});

describe('times in a table', () => {
  const zone = process.env.TZ;
  before(() => (process.env.TZ = 'Asia/Kolkata'));
  after(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it('are local at a terminal', async () => {
    const rows = await lines({ isTTY: true, colour: false }, [activity()], { columns: ['created'], utc: false });
    assert.equal(rows[1], '2026-03-16 17:30:00');
  });

  it('are UTC with a Z when told, and everywhere else', async () => {
    const rows = await lines({ isTTY: true, colour: false }, [activity()], { columns: ['created'], utc: true });
    assert.equal(rows[1], '2026-03-16 12:00:00Z');
  });
});
