import assert from 'node:assert/strict';
import { type JobEvent } from '../../../src/base/progress.js';
import { awaited, showRun } from './support/run-view.js';
import { activity, HOSTILE, NODE, processing, progress } from './support/samples.js';

const REQUEST = '4bf92f3577b34da6a3ce929d0e0e4736';
const baseline = { event: 'baseline', baseline: 7261845022003200000n, idempotencyKey: 'key-1' } as const;
const dispatched: JobEvent = { event: 'dispatched', request_id: REQUEST, replayed: false, recovered: false };
const warning: JobEvent = { event: 'warning', code: 'ambiguous', message: 'two entries fit node 610809900976570889' };

describe('a run off a terminal', () => {
  it('says before anything is sent how many nodes are expected, and who says so', () => {
    const { view, output } = showRun();
    const said = [
      { count: 9, by: 'expected' },
      { count: 120, by: 'observed' },
      { count: 1, by: 'observed' },
      { count: 0, by: 'observed' },
    ] as const;
    for (const expects of said) view.on({ ...baseline, expects });
    view.stop();
    assert.deepEqual(
      output.stderr.lines.map((line) => line.split(', ')[2]),
      [
        'expecting 9 nodes',
        'expecting the 120 nodes that the log names',
        'expecting the 1 node that the log names',
        'the log names no node',
      ],
    );
  });

  it('is told line by line on stderr, with the time in UTC', () => {
    const { view, output, time } = showRun();
    view.on(baseline);
    time.advance(400);
    view.on(dispatched);
    time.advance(600);
    view.on({ event: 'activity', activity: processing() });
    view.on({ event: 'progress', nodes: [progress({ status: 'processing', finished_at: null })] });
    view.on(warning);
    time.advance(4000);
    view.on({ event: 'activity', activity: activity() });
    view.on({ event: 'progress', nodes: [progress()] });
    view.stop();
    assert.deepEqual(output.stderr.lines, [
      '12:00:00Z idempotency key key-1, log up to 7261845022003200000',
      `12:00:00Z dispatched (request ${REQUEST})`,
      '12:00:01Z 610809900976570889 activity 7261845022003200001 processing',
      'warning: two entries fit node 610809900976570889',
      '12:00:05Z 610809900976570889 activity 7261845022003200001 completed (4.8s)',
    ]);
    assert.equal(output.stdout.text, '');
  });

  const dispatches: Array<[string, Partial<Extract<JobEvent, { event: 'dispatched' }>>, string]> = [
    ['without a request id', { request_id: null }, 'dispatched'],
    ['replayed', { replayed: true }, `dispatched before: the answer is a replay (request ${REQUEST})`],
    [
      'found in the log',
      { request_id: null, recovered: true },
      'dispatched: the answer was lost, the log has its entries',
    ],
    [
      'of an earlier run, hours ago',
      {
        request_id: null,
        recovered: true,
        earlier: { ageMs: 10_920_000, ended: { outcome: 'timed_out', ageMs: 10_320_000 } },
      },
      'dispatched by an earlier run, 3h02m ago, which ended 2h52m ago: timed out; it is not done again',
    ],
    [
      'of an earlier run that was killed, or goes on',
      { replayed: true, earlier: { ageMs: 12_000 } },
      'dispatched by an earlier run, 12s ago, whose end is not known; it is not done again',
    ],
  ];
  for (const [title, fields, expected] of dispatches) {
    it(`says of a dispatch ${title}: ${expected}`, () => {
      const { view, output } = showRun();
      view.on({ event: 'dispatched', request_id: REQUEST, replayed: false, recovered: false, ...fields });
      assert.deepEqual(output.stderr.lines, [`12:00:00Z ${expected}`]);
    });
  }

  it('has a heartbeat after 30 s of silence, and after each 30 s more', () => {
    const { view, output, time } = showRun();
    const open = progress({ status: 'processing', finished_at: null });
    time.advance(20_000);
    view.on(dispatched);
    view.on({ event: 'progress', nodes: [progress(), open, progress({ node_id: 2n, ...awaited })] });
    time.advance(29_000);
    assert.equal(output.stderr.lines.length, 1);
    time.advance(1000);
    assert.equal(output.stderr.lines[1], '12:00:50Z still processing: 2 of 3 nodes, 50s');
    time.advance(40_000);
    assert.deepEqual(output.stderr.lines.slice(2), ['12:01:20Z still processing: 2 of 3 nodes, 1m20s']);
  });

  it('keeps its heartbeat when the wall clock is set back, and shows the new time', () => {
    const { view, output, time } = showRun();
    view.on({ event: 'progress', nodes: [progress({ status: 'processing', finished_at: null })] });
    time.advance(10_000);
    time.jumpWall(-3_600_000);
    time.advance(20_000);
    assert.deepEqual(output.stderr.lines, ['11:00:30Z still processing: 1 of 1 node, 30s']);
  });

  it('says how long it usually takes, where the log tells', () => {
    const { view, output, time } = showRun();
    const open = progress({ status: 'processing', finished_at: null });
    view.on({ ...dispatched, usualMs: 14_200 });
    view.on({ event: 'progress', nodes: [open], usualMs: 14_200, endsAt: time.clock.elapsed() + 14_200 });
    time.advance(30_000);
    view.on({ ...dispatched, node_id: NODE, usualMs: 14_200 });
    assert.deepEqual(output.stderr.lines, [
      `12:00:00Z dispatched (request ${REQUEST}), usually 14s`,
      '12:00:30Z still processing: 1 of 1 node, 30s, usually 14s',
      `12:00:30Z ${NODE} dispatched (request ${REQUEST})`,
    ]);
  });

  it('says what it waits for while there is no entry', () => {
    const { view, output, time } = showRun();
    time.advance(30_000);
    view.on({ event: 'progress', nodes: [progress({ ...awaited })] });
    time.advance(30_000);
    assert.deepEqual(output.stderr.lines, [
      '12:00:30Z still waiting for the first entry, 30s',
      '12:01:00Z still waiting: 1 of 1 node, 1m00s',
    ]);
  });

  it('tells once of a node that is given up as missing', () => {
    const { view, output } = showRun();
    const lost = progress({ ...awaited, status: 'missing' });
    const nodes = [lost, { ...lost, node_id: null }];
    view.on({ event: 'progress', nodes });
    view.on({ event: 'progress', nodes });
    assert.deepEqual(output.stderr.lines, [
      `12:00:00Z ${NODE} missing: no entry appeared`,
      '12:00:00Z an expected node missing: no entry appeared',
    ]);
  });

  it('keeps to one line whatever a hostile API says', () => {
    const { view, output } = showRun();
    view.on({ event: 'activity', activity: processing({ status: HOSTILE }) });
    assert.match(output.stderr.text, /^12:00:00Z [ -~]+\n$/);
  });

  it('leaves no timer behind', () => {
    for (const format of ['table', 'ndjson'] as const) {
      const { view, time } = showRun({ format });
      assert.equal(time.timers, 1);
      view.stop();
      view.stop();
      assert.equal(time.timers, 0);
    }
  });

  it('with --quiet is told by its warnings alone', () => {
    const { view, output, time } = showRun({ quiet: true });
    for (const event of [baseline, dispatched, warning]) view.on(event);
    view.on({ event: 'activity', activity: activity() });
    view.on({ event: 'progress', nodes: [progress({ ...awaited, status: 'missing' })] });
    time.advance(100_000);
    assert.deepEqual(output.stderr.lines, ['warning: two entries fit node 610809900976570889']);
  });
});

describe('a run in NDJSON', () => {
  const NDJSON = { format: 'ndjson' } as const;

  it('is told event by event on stdout, ids exact', () => {
    const { view, output } = showRun(NDJSON);
    view.on(baseline);
    view.on(dispatched);
    const { id, node_id, runtime, action, status, created_at } = processing({ id: 18446744073709551615n });
    view.on({ event: 'activity', activity: { id, node_id, runtime, action, status, created_at } });
    view.on({ event: 'progress', nodes: [progress()] });
    view.on(warning);
    assert.deepEqual(output.stdout.lines, [
      `{"event":"dispatched","request_id":"${REQUEST}","replayed":false,"recovered":false}`,
      '{"event":"activity","activity":{"id":18446744073709551615,"node_id":610809900976570889,"runtime":"iggy",' +
        '"action":"restart","status":"processing","created_at":"2026-03-16T12:00:00.000Z"}}',
      '{"event":"warning","code":"ambiguous","message":"two entries fit node 610809900976570889"}',
    ]);
  });

  it('has on stderr what must be seen there too: the baseline, warnings and the heartbeat', () => {
    const { view, output, time } = showRun(NDJSON);
    for (const event of [baseline, dispatched, warning]) view.on(event);
    view.on({ event: 'activity', activity: activity() });
    view.on({ event: 'progress', nodes: [progress({ status: 'processing', finished_at: null })] });
    time.advance(30_000);
    assert.deepEqual(output.stderr.lines, [
      '12:00:00Z idempotency key key-1, log up to 7261845022003200000',
      'warning: two entries fit node 610809900976570889',
      '12:00:30Z still processing: 1 of 1 node, 30s',
    ]);
  });

  it('has ids as strings when told', () => {
    const { view, output } = showRun({ ...NDJSON, numberIds: false });
    view.on({ event: 'activity', activity: activity() });
    assert.match(output.stdout.text, /"id":"7261845022003200001".*"node_id":"610809900976570889"/);
  });

  it('writes nothing more when its reader has gone, and goes on', () => {
    const { view, output } = showRun(NDJSON);
    view.on(dispatched);
    output.stdout.close();
    view.on({ event: 'activity', activity: activity() });
    assert.equal(output.stdout.lines.length, 1);
  });
});
