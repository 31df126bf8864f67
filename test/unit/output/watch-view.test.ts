import assert from 'node:assert/strict';
import { LdctlError } from '../../../src/base/errors.js';
import { loadFormat } from '../../../src/output/formats.js';
import { memoryOutput, type MemoryOutput } from '../../helpers/memory-output.js';
import { createWatchView } from '../../../src/output/views.js';
import { type WatchView, type WatchViewOptions } from '../../../src/output/views/plain.js';
import { activity, NODE, options as printOptions, processing } from './support/samples.js';
import { Screen } from './support/screen.js';
import { ManualTime } from './support/time.js';

type Terminals = Parameters<typeof memoryOutput>[0];

const TERMINAL = { isTTY: true, colour: false } as const;

interface Stage {
  view: WatchView;
  output: MemoryOutput;
  time: ManualTime;
}

async function start(options: Partial<WatchViewOptions> = {}, terminals: Terminals = {}): Promise<Stage> {
  const output = memoryOutput(terminals);
  const time = new ManualTime();
  const view = await createWatchView(output, {
    ...printOptions(),
    follow: false,
    quiet: false,
    place: 'prod',
    clock: time.clock,
    every: time.every,
    onSuspend: time.onSuspend,
    ...options,
  });
  return { view, output, time };
}

const small = (id: bigint, status: string): ReturnType<typeof activity> => ({
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
} as const;
const warning = { event: 'warning', code: 'unreadable', message: 'the log could not be read, trying again' } as const;

describe('a watched log off a terminal', () => {
  it('is told on stderr: what is going on, then each change; the list comes on stdout afterwards', async () => {
    const { view, output } = await start();
    view.on(listing);
    view.on(warning);
    view.on({ event: 'activity', activity: small(4n, 'processing') });
    view.on({ event: 'activity', activity: small(3n, 'completed') });
    view.stop();
    assert.deepEqual(output.stderr.lines, [
      '2026-03-16 11:59:58Z 610809900976570889 iggy restart, activity 3 processing',
      'warning: the log could not be read, trying again',
      '2026-03-16 11:59:58Z 610809900976570889 iggy restart, activity 4 processing',
      '2026-03-16 12:00:03Z 610809900976570889 iggy restart, activity 3 completed (5.0s)',
    ]);
    assert.deepEqual([output.stdout.text, output.settled], ['', false]);
  });

  it('has a heartbeat after 30 s of silence', async () => {
    const { view, output, time } = await start();
    view.on(listing);
    time.advance(30_000);
    assert.equal(output.stderr.lines.at(-1), '12:00:30Z still following: 1 of 3 entries processing, 30s');
    view.on({ event: 'activity', activity: small(3n, 'completed') });
    time.advance(30_000);
    assert.equal(output.stderr.lines.at(-1), '12:01:00Z still following: 0 of 3 entries processing, 1m00s');
    view.stop();
    assert.equal(time.timers, 0);
  });

  it('with --quiet is told by its warnings alone', async () => {
    const { view, output, time } = await start({ quiet: true });
    view.on(listing);
    view.on(warning);
    time.advance(60_000);
    assert.deepEqual(output.stderr.lines, ['warning: the log could not be read, trying again']);
  });
});

describe('a log that is followed for ever, off a terminal', () => {
  before(() => loadFormat('csv'));

  it('has its changes on stdout as lines, the oldest first, and talk on stderr', async () => {
    const { view, output, time } = await start({ follow: true });
    view.on(listing);
    view.on({ event: 'activity', activity: small(3n, 'completed') });
    view.on(warning);
    time.advance(30_000);
    view.stop();
    assert.deepEqual(output.stdout.lines, [
      '2026-03-16 12:00:03Z 610809900976570889 iggy restart, activity 1 completed (5.0s)',
      '2026-03-16 12:00:03Z 610809900976570889 iggy restart, activity 2 rejected (5.0s)',
      '2026-03-16 11:59:58Z 610809900976570889 iggy restart, activity 3 processing',
      '2026-03-16 12:00:03Z 610809900976570889 iggy restart, activity 3 completed (5.0s)',
    ]);
    assert.deepEqual(output.stderr.lines, [
      'warning: the log could not be read, trying again',
      '12:00:30Z still following: 0 of 3 entries processing, 30s',
    ]);
    assert.equal(output.settled, true);
  });

  it('has them as records in CSV, at a terminal too', async () => {
    const { view, output } = await start({ follow: true, format: 'csv', columns: ['id', 'status'] }, TERMINAL);
    view.on(listing);
    view.on({ event: 'activity', activity: small(3n, 'completed') });
    view.stop();
    assert.deepEqual(output.stdout.lines, ['id,status', '1,completed', '2,rejected', '3,processing', '3,completed']);
  });

  it('has a header in CSV when nothing came', async () => {
    const { view, output } = await start({ follow: true, format: 'csv', columns: ['id', 'status'] });
    view.stop();
    view.stop();
    assert.equal(output.stdout.text, 'id,status\n');
  });
});

describe('a followed log in NDJSON', () => {
  const NDJSON = { format: 'ndjson' } as const;
  const event = (id: number, status: string, finished: string): string =>
    `{"event":"activity","activity":{"id":"${id}","node_id":"610809900976570889","runtime":"iggy","action":"restart",` +
    `"status":"${status}","created_at":"2026-03-16T11:59:58Z","finished_at":${finished}}}`;

  it('is an event a change, and last a result with counts only', async () => {
    const { view, output } = await start(NDJSON);
    view.on(listing);
    view.on({ event: 'activity', activity: small(3n, 'completed') });
    view.on({ event: 'activity', activity: small(4n, 'paused') });
    view.stop();
    view.stop();
    assert.deepEqual(output.stdout.lines, [
      event(1, 'completed', '"2026-03-16T12:00:03Z"'),
      event(2, 'rejected', '"2026-03-16T12:00:03Z"'),
      event(3, 'processing', 'null'),
      event(3, 'completed', '"2026-03-16T12:00:03Z"'),
      event(4, 'paused', '"2026-03-16T12:00:03Z"'),
      '{"event":"result","total":4,"processing":0,"completed":2,"rejected":1,"other":1}',
    ]);
    assert.equal(output.stderr.text, '');
  });

  it('has the error in its result where following was given up', async () => {
    const { view, output } = await start(NDJSON);
    view.stop(new LdctlError('unconfirmed', 'sight_lost', 'no good poll for 60s'));
    assert.deepEqual(output.stdout.lines, [
      '{"event":"result","total":0,"processing":0,"completed":0,"rejected":0,"other":0,"error":' +
        '{"code":"sight_lost","message":"no good poll for 60s","exit_code":7,"request_id":null,"hint":null}}',
    ]);
    assert.equal(output.settled, true);
  });
});

describe('a followed log at a terminal', () => {
  const log = {
    event: 'listing',
    activities: [
      processing({ id: 7261845022003200003n, created_at: '2026-03-16T11:59:57Z' }),
      activity({ id: 7261845022003200002n, status: 'rejected' }),
      activity({ id: 7261845022003200001n }),
    ],
  } as const;

  it('is a table, newest first, with times that tick, and a line below it', async () => {
    const { view, output, time } = await start({}, TERMINAL);
    const screen = new Screen(output.stderr);
    view.on(log);
    time.advance(2000);
    const fresh = processing({ id: 7261845022003200004n, created_at: '2026-03-16T12:00:02Z' });
    view.on({ event: 'activity', activity: fresh });
    assert.deepEqual(screen.lines, [
      'Activities of prod',
      'ID                   NODE                WHAT          STATUS        AGE  TOOK',
      '7261845022003200004  610809900976570889  iggy restart  ⠦ processing  0s   0s',
      '7261845022003200003  610809900976570889  iggy restart  ⠦ processing  5s   5s',
      '7261845022003200002  610809900976570889  iggy restart  ✗ rejected    2s   4.8s',
      '7261845022003200001  610809900976570889  iggy restart  ✓ completed   2s   4.8s',
      '4 entries, 2 processing, 2s',
    ]);
    view.stop();
    assert.deepEqual([screen.lines, output.stdout.text], [['Activities of prod'], '']);
  });

  it('says in its last line that the log cannot be read', async () => {
    const { view, output, time } = await start({ utc: true }, TERMINAL);
    const screen = new Screen(output.stderr);
    view.on(log);
    time.advance(3000);
    view.on({ event: 'outage', ageMs: 1000 });
    assert.equal(screen.lines.at(-1), 'the log has been out of reach since 12:00:02Z');
  });

  it('shows the columns that were asked for', async () => {
    const { view, output } = await start({ columns: ['status', 'id'] }, TERMINAL);
    view.on(log);
    assert.equal(new Screen(output.stderr).lines[1], 'STATUS        ID');
  });

  it('is one screen high, and forgets what is long done, but counts it', async () => {
    const { view, output } = await start({}, { ...TERMINAL, rows: 6 });
    const screen = new Screen(output.stderr);
    const done = Array.from({ length: 599 }, (_, index) => small(BigInt(600 - index), 'completed'));
    view.on({ event: 'listing', activities: [...done, small(1n, 'processing')] });
    assert.deepEqual(
      screen.lines.map((line) => line.split(/ {2,}/)[0]),
      ['Activities of prod', 'ID', '600', '599', '… and 598 more', '600 entries, 1 processing, 0s'],
    );
  });

  it('stays on the screen when it was followed for ever', async () => {
    const { view, output } = await start({ follow: true }, TERMINAL);
    const screen = new Screen(output.stderr);
    view.on(warning);
    view.on(log);
    view.stop();
    assert.equal(screen.lines.length, 7);
    assert.equal(screen.lines[1], 'warning: the log could not be read, trying again');
  });

  it('is lines on stdout when that is no terminal, and the log is followed for ever', async () => {
    const { view, output } = await start({ follow: true }, { stderr: TERMINAL });
    view.on(listing);
    assert.equal(output.stdout.lines.length, 3);
    assert.equal(output.stderr.text, '');
  });
});
