import assert from 'node:assert/strict';
import { type NodeProgress, type RunStep } from '../../../src/base/progress.js';
import { type RollStage } from '../../../src/base/roll.js';
import { type Terminal } from '../../helpers/memory-output.js';
import { type RunViewOptions } from '../../../src/output/views/plain.js';
import { awaited, showRun, type RunStage } from './support/run-view.js';
import { activity, ACTIVITY, HOSTILE, NODE, processing, progress } from './support/samples.js';

const REQUEST = '4bf92f3577b34da6a3ce929d0e0e4736';
const baseline = { event: 'baseline', baseline: 7261845022003200000n, idempotencyKey: 'key-1' } as const;
const dispatched = { event: 'dispatched', request_id: REQUEST, replayed: false, recovered: false } as const;
const warning: RunStep = { event: 'warning', code: 'ambiguous', message: 'two entries fit' };
const running = { status: 'processing', finished_at: null };
const passed = { exit_code: 0, timed_out: false, took_ms: 1000 };
const failed = { ...passed, exit_code: 4 };

const targets = (...nodes: ReadonlyArray<Partial<NodeProgress>>): NodeProgress[] =>
  nodes.map((fields, index) => {
    const offset = BigInt(index);
    return progress({ node_id: NODE + offset, activity_id: ACTIVITY + offset, ...fields });
  });
const shown = (...nodes: ReadonlyArray<Partial<NodeProgress>>): RunStep => ({
  event: 'progress',
  nodes: targets(...nodes),
});

describe('a run at a terminal', () => {
  const start = (terminal: Partial<Terminal> = {}, options: Partial<RunViewOptions> = {}): Promise<RunStage> =>
    showRun(options, { isTTY: true, ...terminal });
  const HEAD = 'Restarting iggy on platform/production/sandbox: 3 nodes';

  it('is a headline, a table that updates in place, and a line that ticks; the headline stays', async () => {
    const { view, screen, time } = await start();
    view.on({ ...baseline, expects: { count: 3, by: 'observed' } });
    assert.deepEqual(screen.lines, ['waiting for the first entry, 0s']);
    view.on(dispatched);
    view.on(shown({}, running, awaited));
    assert.deepEqual(screen.lines, [
      HEAD,
      'NODE                ACTIVITY             STATUS        TOOK',
      '610809900976570889  7261845022003200001  ✓ completed   4.8s',
      '610809900976570890  7261845022003200002  ⠋ processing  0s',
      '610809900976570891  -                    · waiting     -',
      '1 of 3 done, 0s',
    ]);
    time.jumpWall(3_600_000);
    time.advance(3000);
    assert.match(screen.lines[3] ?? '', /⠼ processing {2}3s$/);
    assert.equal(screen.lines[5], '1 of 3 done, 3s');
    view.stop();
    view.stop();
    assert.deepEqual([screen.lines, time.timers], [[HEAD], 0]);
  });

  it('never counts what failed as done', async () => {
    const { view, screen } = await start();
    view.on(shown({}, { status: 'rejected' }, { ...awaited, status: 'missing' }, running));
    assert.equal(screen.lines.at(-1), '1 of 4 done, 2 failed, 0s');
    assert.match(screen.lines[3] ?? '', /✗ rejected {4}4\.8s$/);
  });

  it('explains what it waits for when all that was seen has ended', async () => {
    const { view, screen, time } = await start();
    view.on({ event: 'progress', nodes: targets({}, {}), settlesAt: time.clock.elapsed() + 2500 });
    assert.equal(screen.lines.at(-1), 'waiting 3s for nodes that may still report');
    time.advance(1500);
    assert.equal(screen.lines.at(-1), 'waiting 1s for nodes that may still report');
  });

  it('has one line for an outage, in place of the other', async () => {
    const zone = process.env.TZ;
    process.env.TZ = 'UTC';
    const { view, screen, time } = await start();
    view.on(shown({}, running));
    time.advance(12_000);
    view.on({ event: 'outage', ageMs: 2000 });
    assert.equal(screen.lines.at(-1), 'the log has been out of reach since 12:00:10');
    view.on({ event: 'outage', ageMs: null });
    assert.equal(screen.lines.at(-1), '1 of 2 done, 12s');
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it('says key, baseline and request with --debug alone, and always what is not routine', async () => {
    for (const debug of [false, true]) {
      const { view, screen } = await start({ columns: 120 }, { debug });
      view.on(baseline);
      view.on(dispatched);
      view.on({ ...dispatched, recovered: true });
      view.on(warning);
      view.stop();
      assert.deepEqual(screen.lines, [
        ...(debug ? ['idempotency key key-1, log up to 7261845022003200000'] : []),
        'Restarting iggy on platform/production/sandbox',
        ...(debug ? [`dispatched (request ${REQUEST})`] : []),
        `dispatched: the answer was lost, the log has its entries (request ${REQUEST})`,
        'warning: two entries fit',
      ]);
    }
  });

  it('keeps no headline of what was refused', async () => {
    const { view, screen } = await start();
    view.on(baseline);
    view.stop();
    assert.deepEqual(screen.lines, []);
  });

  it('is one screen high, with what failed and what is going on first, and counts the rest', async () => {
    const { view, screen } = await start({ rows: 7 });
    view.on(shown({}, {}, awaited, running, {}, { status: 'rejected' }, running, {}));
    assert.deepEqual(
      screen.lines.slice(2).map((line) => line.split(/ +/).slice(2).join(' ')),
      ['✗ rejected 4.8s', '⠋ processing 0s', '⠋ processing 0s', '5 more', '8 done, 1 failed, 0s'],
    );
    const low = await start({ rows: 3 });
    low.view.on(shown(running));
    assert.equal(low.screen.lines.length, 2, 'the headline, and one line');
  });

  it('loses a whole column where it is too narrow, never node and status, and cuts only its own lines', async () => {
    const { view, screen, time } = await start({ columns: 80 });
    view.on(warning);
    view.on(shown(running, {}));
    for (const [columns, header] of [
      [58, 'NODE STATUS TOOK'],
      [36, 'NODE STATUS'],
      [100, 'NODE ACTIVITY STATUS TOOK'],
    ] as const) {
      screen.resize(columns, 24);
      time.advance(1000);
      const lines = screen.lines.slice(-4);
      assert.deepEqual([screen.lines[0], lines[0]?.split(/ +/).join(' ')], ['warning: two entries fit', header]);
      for (const line of lines) assert.ok(line.length <= columns, line);
    }
  });

  it('leaves the screen to the shell while it is stopped, and draws anew when it goes on', async () => {
    const { view, output, screen, time } = await start();
    view.on(shown(running));
    const frame = screen.lines;
    time.suspend();
    output.stderr.write('[1]+  Stopped\n');
    time.advance(5000);
    assert.deepEqual(screen.lines, [...frame, '[1]+  Stopped']);
    time.resume();
    assert.equal(screen.lines.at(-1), '0 of 1 done, 5s');
    view.stop();
    assert.deepEqual(screen.lines.slice(0, 5), [...frame, '[1]+  Stopped']);
  });

  it('has colour for the status, and lets nothing act on the terminal', async () => {
    const { view, output } = await start({ colour: true });
    view.on(shown({}, running, { status: 'rejected' }));
    for (const text of [
      '\u001B[32m✓ completed\u001B[39m',
      '\u001B[36m⠋ processing\u001B[39m',
      '\u001B[31m✗ rejected',
    ]) {
      assert.ok(output.stderr.text.includes(text), text);
    }
    const { view: hostile, screen } = await start();
    hostile.on(shown({ status: HOSTILE, finished_at: null }));
    assert.match(screen.lines[2] ?? '', /⠋ {2}\[2J \[31mred/);
  });

  it('tells where each node of a roll stands, and what its gate says', async () => {
    const { view, screen } = await start();
    const stage = (of: RollStage, fields: Partial<NodeProgress> = {}): Partial<NodeProgress> => ({
      stage: of,
      ...fields,
    });
    view.on({ event: 'gate_output', node_id: NODE, line: 'lag 0\u001B[2J' });
    view.on({ event: 'gate', node_id: NODE, gate: failed });
    view.on(
      shown(
        stage('done'),
        stage('pause'),
        stage('gate'),
        stage('waiting', awaited),
        stage('done', { gate: failed }),
        stage('done', running),
        stage('done', awaited),
      ),
    );
    assert.deepEqual(screen.lines.slice(0, 2), [`${NODE} gate | lag 0 [2J`, `${NODE} gate failed with 4 (1.0s)`]);
    const statuses = screen.lines.slice(4, -1).map((line) =>
      line
        .slice(41, 60)
        .trim()
        .replace(/ {2,}.*/, ''),
    );
    assert.deepEqual(statuses, [
      '✓ completed',
      '⠋ pause',
      '⠋ gate',
      '· waiting',
      '✗ gate failed with',
      '✗ timed out',
      '✗ unconfirmed',
    ]);
    assert.equal(screen.lines.at(-1), '1 of 7 done, 3 failed, 0s');
  });

  it('writes nothing to stdout, and with --quiet and in NDJSON draws nothing', async () => {
    const { view, output } = await start({}, { format: 'json' });
    view.on(shown(running));
    assert.equal(output.stdout.text, '');
    for (const options of [{ quiet: true }, { format: 'ndjson' }] as const) {
      const silent = await start({}, options);
      silent.view.on(shown(running));
      assert.equal(silent.output.stderr.text, '');
    }
  });
});

describe('a run off a terminal', () => {
  it('is told line by line on stderr, with the time in UTC', async () => {
    const { view, output, time } = await showRun();
    view.on({ ...baseline, expects: { count: 1, by: 'observed' } });
    time.advance(400);
    view.on(dispatched);
    time.advance(600);
    view.on({ event: 'activity', activity: processing() });
    view.on(shown(running));
    view.on(warning);
    time.advance(4000);
    view.on({ event: 'activity', activity: activity() });
    view.on({ event: 'gate_output', node_id: NODE, line: 'lag 0' });
    view.on({ event: 'gate', node_id: NODE, gate: passed });
    view.stop();
    assert.deepEqual(output.stderr.lines, [
      '12:00:00Z Restarting iggy on platform/production/sandbox: 1 node',
      '12:00:00Z idempotency key key-1, log up to 7261845022003200000, expecting 1 node',
      `12:00:00Z dispatched (request ${REQUEST})`,
      '12:00:01Z 610809900976570889 activity 7261845022003200001 processing',
      'warning: two entries fit',
      '12:00:05Z 610809900976570889 activity 7261845022003200001 completed (4.8s)',
      '12:00:05Z 610809900976570889 gate | lag 0',
      '12:00:05Z 610809900976570889 gate passed (1.0s)',
    ]);
    assert.deepEqual([output.stdout.text, time.timers], ['', 0]);
  });

  const dispatches: Array<[fields: Partial<Extract<RunStep, { event: 'dispatched' }>>, expected: string]> = [
    [{ request_id: null }, 'dispatched'],
    [{ node_id: NODE }, `${NODE} dispatched (request ${REQUEST})`],
    [{ replayed: true }, `dispatched before: the answer is a replay (request ${REQUEST})`],
    [{ request_id: null, recovered: true }, 'dispatched: the answer was lost, the log has its entries'],
    [
      { recovered: true, earlier: { ageMs: 10_920_000, ended: { outcome: 'timed_out', ageMs: 10_320_000 } } },
      'dispatched by an earlier run, 3h02m ago, which ended 2h52m ago: timed out; it is not done again',
    ],
    [
      { replayed: true, earlier: { ageMs: 12_000 } },
      'dispatched by an earlier run, 12s ago, whose end is not known; it is not done again',
    ],
  ];
  for (const [fields, expected] of dispatches) {
    it(`says of a dispatch: ${expected}`, async () => {
      const { view, output } = await showRun();
      view.on({ ...dispatched, ...fields });
      assert.equal(output.stderr.lines[1], `12:00:00Z ${expected}`);
    });
  }

  it('has a heartbeat after 30 s of silence, whatever the wall clock does', async () => {
    const { view, output, time } = await showRun();
    time.advance(30_000);
    view.on(shown({}, running, awaited));
    time.jumpWall(-3_600_000);
    time.advance(30_000);
    view.on(shown({ stage: 'done' }, { ...running, stage: 'running' }, { ...awaited, stage: 'waiting' }));
    time.advance(30_000);
    assert.deepEqual(output.stderr.lines, [
      '12:00:30Z still waiting for the first entry, 30s',
      '12:00:30Z Restarting iggy on platform/production/sandbox',
      '11:01:00Z still going on: 2 of 3 nodes, 1m00s',
      '11:01:30Z still going on: 2 of 3 nodes, 1m30s',
    ]);
  });

  it('tells once of a node that is given up as missing', async () => {
    const { view, output } = await showRun();
    const nodes = targets({ ...awaited, status: 'missing' }, { ...awaited, node_id: null, status: 'missing' });
    view.on({ event: 'progress', nodes });
    view.on({ event: 'progress', nodes });
    assert.deepEqual(output.stderr.lines.slice(1), [
      `12:00:00Z ${NODE} missing: no entry appeared`,
      '12:00:00Z an expected node missing: no entry appeared',
    ]);
  });

  it('keeps to one line whatever a hostile API says', async () => {
    const { view, output } = await showRun();
    view.on({ event: 'activity', activity: processing({ status: HOSTILE }) });
    assert.match(output.stderr.lines[1] ?? '', /^12:00:00Z [ -~]+$/);
    assert.equal(output.stderr.lines.length, 2);
  });

  it('with --quiet is told by its warnings alone', async () => {
    const { view, output, time } = await showRun({ quiet: true });
    for (const event of [baseline, dispatched, warning]) view.on(event);
    view.on(shown({ ...awaited, status: 'missing' }));
    time.advance(100_000);
    assert.deepEqual(output.stderr.lines, ['warning: two entries fit']);
  });
});

describe('a run in NDJSON', () => {
  it('is told event by event on stdout, and on stderr by what must be seen there too', async () => {
    const { view, output, time } = await showRun({ format: 'ndjson' });
    view.on(baseline);
    view.on(dispatched);
    const { id, node_id, runtime, action, status, created_at } = processing({ id: 18446744073709551615n });
    view.on({ event: 'activity', activity: { id, node_id, runtime, action, status, created_at } });
    view.on(shown(running));
    view.on(warning);
    time.advance(30_000);
    output.stdout.close();
    view.on(dispatched);
    view.stop();
    assert.deepEqual(output.stdout.lines, [
      `{"event":"dispatched","request_id":"${REQUEST}","replayed":false,"recovered":false}`,
      '{"event":"activity","activity":{"id":"18446744073709551615","node_id":"610809900976570889","runtime":"iggy",' +
        '"action":"restart","status":"processing","created_at":"2026-03-16T12:00:00.000Z"}}',
      '{"event":"warning","code":"ambiguous","message":"two entries fit"}',
    ]);
    assert.deepEqual(output.stderr.lines, [
      '12:00:00Z idempotency key key-1, log up to 7261845022003200000',
      'warning: two entries fit',
      '12:00:30Z still going on: 1 of 1 node, 30s',
    ]);
    assert.equal(time.timers, 0);
  });

  it('has ids as bare numbers when told', async () => {
    const { view, output } = await showRun({ format: 'ndjson', numberIds: true });
    view.on({ event: 'activity', activity: activity() });
    assert.match(output.stdout.text, /"id":7261845022003200001,.*"node_id":610809900976570889,/);
  });
});
