import assert from 'node:assert/strict';
import { type Activity } from '../../../src/base/activity.js';
import { cellText } from '../../../src/output/columns.js';
import { printList } from '../../../src/output/list.js';
import { activityColumns } from '../../../src/output/rows.js';
import { withEnv } from '../../helpers/env.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { activity, HOSTILE, LARGEST, written } from './support/samples.js';

async function lines(entries: readonly Activity[], ...columns: string[]): Promise<string[]> {
  const output = written(memoryOutput({}), { columns });
  const total = entries.length;
  const pages = Array.from({ length: Math.ceil(total / 100) }, (_, page) => ({
    entries: entries.slice(page * 100, (page + 1) * 100),
    total,
  }));
  await printList(output, pages, { noun: 'activities', columns: activityColumns });
  return output.stdout.lines;
}

describe('a list as a table', () => {
  it('stays in one line whatever a hostile API says, and in line for wide characters', async () => {
    const odd = [
      activity({ status: HOSTILE, action: '', created_at: 'yesterday' }),
      activity({ action: '再起動' }),
    ];
    const [header, first = '', second] = await lines(odd, 'action', 'status', 'created');
    assert.equal(header, 'ACTION  STATUS                          CREATED');
    assert.match(first, /^- {8}\[2J \[31mred {2}2J {2}next esrever {2}yesterday$/);
    assert.equal(second, '再起動  completed                       2026-03-16 12:00:00Z');
  });

  it('sizes a long list by its first 1000 rows, and breaks nothing later', async () => {
    const many = Array.from({ length: 1100 }, (_, index) => activity({ id: BigInt(index + 1) }));
    const rows = await lines([...many, activity({ id: LARGEST })], 'id', 'status');
    assert.equal(rows.length, 1102);
    assert.equal(rows[1], '1     completed');
    assert.equal(rows[1100], '1100  completed');
    assert.equal(rows[1101], '18446744073709551615  completed');
  });
});

it('a list at a terminal has a line where the day changes, also beyond its first rows', async () => {
  const output = memoryOutput({ isTTY: true, colour: false });
  output.stdout.now = () => Date.parse('2026-03-17T00:10:00Z');
  const page = (created_at: string) => ({
    entries: Array.from({ length: 350 }, () => activity({ created_at })),
    total: null,
  });
  const days = ['2026-03-17T00:05:00Z', '2026-03-16T23:59:59Z', '2026-03-16T00:00:00Z'];
  const pages = [...days, '2026-03-15T23:59:59Z'].map(page);
  const timeOf = ({ created_at: at }: Activity) => at;
  await withEnv({ TZ: 'UTC' }, () =>
    printList(output, pages, { noun: 'activities', columns: activityColumns, timeOf }),
  );
  const { lines: written } = output.stdout;
  assert.equal(written.length, 1 + 1400 + 2);
  assert.equal(written[351], '── yesterday ──');
  assert.equal(written[1052], '── earlier ──');
});

it('the text of a cell is never empty, exact for ids, in words for booleans, and harmless', () => {
  const cells = [null, undefined, '', 18446744073709551615n, true, false];
  assert.deepEqual(cells.map(cellText), ['-', '-', '-', '18446744073709551615', 'yes', 'no']);
  assert.doesNotMatch(cellText(HOSTILE), /[^ -~]/);
});
