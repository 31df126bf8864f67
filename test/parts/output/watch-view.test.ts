import assert from 'node:assert/strict';
import { type Activity } from '../../../src/base/activity.js';
import { ApiKey } from '../../../src/base/secret.js';
import { LdctlError } from '../../../src/base/errors.js';
import { loadFormat } from '../../../src/output/formats.js';
import { createWatchView } from '../../../src/output/views.js';
import { type PrintOptions } from '../../../src/output/streams.js';
import { type WatchView } from '../../../src/output/views/plain.js';
import { memoryOutput, type MemoryOutput } from '../../helpers/memory-output.js';
import { NODE, written } from './support/samples.js';
import { screenLines } from './support/screen.js';
import { endTime, ManualTime } from './support/time.js';

const TERMINAL = { isTTY: true, colour: false } as const;

interface Stage {
  view: WatchView;
  output: MemoryOutput;
  time: ManualTime;
}

async function start(
  { follow = false, ...wanted }: Partial<PrintOptions & { follow: boolean }> = {},
  terminals: Parameters<typeof memoryOutput>[0] = {},
): Promise<Stage> {
  const output = written(memoryOutput(terminals), wanted);
  const time = new ManualTime();
  const { clock } = time;
  return { view: await createWatchView(output, { follow, place: 'prod', clock }), output, time };
}

const small = (id: bigint, status: string): Activity => ({
  id,
  node_id: NODE,
  runtime: 'iggy',
  action: 'restart',
  status,
  created_at: '2026-03-16T11:59:58Z',
  finished_at: status === 'processing' ? null : '2026-03-16T12:00:03Z',
});
const listing = {
  event: 'listing',
  activities: [small(3n, 'processing'), small(2n, 'rejected'), small(1n, 'completed')],
  total: 3,
} as const;
const warning = {
  event: 'warning',
  code: 'unreadable',
  message: 'the log could not be read, trying again',
} as const;
const WARNING = 'warning: the log could not be read, trying again';
const changed = (id: bigint, status = 'completed') =>
  ({ event: 'activity', activity: small(id, status) }) as const;
const line = (id: number, status: string, at = '12:00:03'): string =>
  `2026-03-16 ${at}Z 610809900976570889 iggy restart, activity ${id} ${status}`;

afterEach(endTime);

describe('a followed log off a terminal', () => {
  before(() => loadFormat('csv'));

  it('is printed on stderr where the list comes later: what is running, then each change, and a heartbeat', async () => {
    const { view, output, time } = await start();
    for (const event of [listing, warning, changed(4n, 'processing'), changed(3n)]) view.on(event);
    time.advance(30_000);
    view.stop();
    assert.deepEqual(output.stderr.lines, [
      line(3, 'processing', '11:59:58'),
      WARNING,
      line(4, 'processing', '11:59:58'),
      line(3, 'completed (5.0s)'),
      '12:00:30Z still following: 1 of 4 entries processing, 30s',
    ]);
    assert.deepEqual([output.stdout.text, output.complete], ['', false]);
  });

  it('that is followed until it is stopped has its changes on stdout, the oldest first, and talk on stderr', async () => {
    for (const terminals of [{}, { stderr: TERMINAL }]) {
      const { view, output } = await start({ follow: true }, terminals);
      for (const event of [listing, changed(3n), warning]) view.on(event);
      view.stop();
      assert.deepEqual(output.stdout.lines, [
        line(1, 'completed (5.0s)'),
        line(2, 'rejected (5.0s)'),
        line(3, 'processing', '11:59:58'),
        line(3, 'completed (5.0s)'),
      ]);
      assert.deepEqual([output.stderr.lines, output.complete], [[WARNING], true]);
    }
  });

  it('in NDJSON is an event a change, and last a result with counts, and the error that ended it', async () => {
    const { view, output } = await start({ format: 'ndjson' });
    for (const event of [listing, changed(3n), changed(4n, 'paused')]) view.on(event);
    view.stop(new LdctlError('unconfirmed', 'timeout', 'no answer'));
    view.stop();
    const told = output.stdout.lines.map(
      (text) => JSON.parse(text) as { event: string; activity?: { id: string } },
    );
    assert.deepEqual(
      told.map(({ event, activity }) => [event, activity?.id]),
      [...['1', '2', '3', '3', '4'].map((id) => ['activity', id]), ['result', undefined]],
    );
    assert.equal(
      output.stdout.lines.at(-1),
      '{"event":"result","total":4,"processing":0,"completed":2,"rejected":1,"other":1,"error":' +
        '{"code":"timeout","message":"no answer","exit_code":7,"request_id":null,"hint":null}}',
    );
    assert.deepEqual([output.stderr.text, output.complete], ['', true]);
  });
});

describe('a followed log at a terminal', () => {
  it('is a table, newest first, with times that tick, and a line below it; then the list comes', async () => {
    const { view, output, time } = await start({ utc: true }, TERMINAL);
    view.on(listing);
    time.advance(2000);
    view.on(changed(4n, 'processing'));
    assert.deepEqual(await screenLines(output.stderr), [
      'Activities of prod',
      'AGE  WHAT          STATUS        TOOK  NODE                ID  AUTHOR',
      '4s   iggy restart  … processing  -     610809900976570889  4   -',
      '4s   iggy restart  … processing  -     610809900976570889  3   -',
      '4s   iggy restart  ✗ rejected    5.0s  610809900976570889  2   -',
      '4s   iggy restart  ✓ completed   5.0s  610809900976570889  1   -',
      '4 entries, 2 processing, 2s, ends when all are final',
    ]);
    view.stop();
    assert.deepEqual(
      [await screenLines(output.stderr), output.stdout.text],
      [['Activities of prod'], ''],
    );
  });

  it('masks a key that its lines would break in two', async () => {
    const key = `ld_pk_${'4f9a8b7c6d5e'.repeat(4)}`;
    const narrow = { stderr: { ...TERMINAL, columns: 40 } };
    const { view, output } = await start({ columns: ['node', 'action'] }, narrow);
    output.redact(new ApiKey(key));
    view.on({ ...listing, activities: [{ ...small(3n, 'processing'), action: key }] });
    view.stop();
    // eslint-disable-next-line no-control-regex -- what log-update puts between the two parts
    const text = output.stderr.text.replace(/\u001B\[[?\d;]*[A-Za-z]|\n/g, '');
    assert.ok(!text.includes('4f9a8b7c6d5e4f'), text);
    assert.match(text, /610809900976570889 +ld_pk_…6d5e/);
  });

  it('that is followed forever says what ends it', async () => {
    const terminals = { stdout: TERMINAL, stderr: TERMINAL };
    const { view, output } = await start({ follow: true }, terminals);
    view.on(listing);
    assert.equal(
      (await screenLines(output.stderr)).at(-1),
      '3 entries, 1 processing, 0s, until Ctrl-C',
    );
  });

  it('is one screen high, and counts the rest', async () => {
    const { view, output } = await start({ columns: ['id', 'status'] }, { ...TERMINAL, rows: 6 });
    const done = Array.from({ length: 599 }, (_, index) => small(BigInt(600 - index), 'completed'));
    const activities = [...done, small(1n, 'processing')];
    view.on({ event: 'listing', activities, total: 600 });
    assert.deepEqual(
      (await screenLines(output.stderr)).map((text) => text.split(/ {2,}/)[0]),
      [
        'Activities of prod',
        'ID',
        '600',
        '599',
        '… and 598 more',
        '600 entries, 1 processing, 0s, ends when all are final',
      ],
    );
  });
});
