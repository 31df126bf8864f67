import assert from 'node:assert/strict';
import { type NodeProgress } from '../../../src/base/progress.js';
import { type Terminal } from '../../../src/output/memory-output.js';
import { type RunViewOptions } from '../../../src/output/views/run-view.js';
import { awaited, showRun, type RunStage } from './support/run-view.js';
import { ACTIVITY, HOSTILE, NODE, progress } from './support/samples.js';
import { Screen } from './support/screen.js';

function start(terminal: Partial<Terminal> = {}, options: Partial<RunViewOptions> = {}): RunStage & { screen: Screen } {
  const stage = showRun(options, { isTTY: true, colour: false, ...terminal });
  return { ...stage, screen: new Screen(stage.output.stderr) };
}

const running = { status: 'processing', finished_at: null };

function targets(statuses: ReadonlyArray<Partial<NodeProgress>>): NodeProgress[] {
  return statuses.map((fields, index) => {
    const offset = BigInt(index);
    return progress({ node_id: NODE + offset, activity_id: ACTIVITY + offset, ...fields });
  });
}

describe('a run at a terminal', () => {
  it('is a table that updates in place, with elapsed times that tick', () => {
    const { view, screen, time } = start();
    view.on({ event: 'progress', nodes: targets([{}, running, { ...awaited }]) });
    assert.deepEqual(screen.lines, [
      'restarting iggy on prod (42): 1 of 3 done, 0s',
      'NODE                ACTIVITY             STATUS        ELAPSED',
      '610809900976570889  7261845022003200001  ✓ completed   4.8s',
      '610809900976570890  7261845022003200002  ⠋ processing  0s',
      '610809900976570891  -                    · waiting     -',
    ]);
    time.advance(3000);
    assert.deepEqual(screen.lines, [
      'restarting iggy on prod (42): 1 of 3 done, 3s',
      'NODE                ACTIVITY             STATUS        ELAPSED',
      '610809900976570889  7261845022003200001  ✓ completed   4.8s',
      '610809900976570890  7261845022003200002  ⠼ processing  3s',
      '610809900976570891  -                    · waiting     -',
    ]);
  });

  it('says how long it usually takes, and the time left until that is over', () => {
    const { view, screen, time } = start();
    const expected = { usualMs: 14_200, endsAt: time.clock.elapsed() + 16_000 };
    view.on({ event: 'progress', nodes: targets([running, { ...awaited }]), usualMs: 14_200 });
    assert.equal(screen.lines[0], 'restarting iggy on prod (42): 0 of 2 done, usually 14s, 0s');
    view.on({ event: 'progress', nodes: targets([running, running]), ...expected });
    time.advance(7000);
    assert.equal(screen.lines[0], 'restarting iggy on prod (42): 0 of 2 done, usually 14s, about 9s to go, 7s');
    time.advance(9000);
    assert.equal(screen.lines[0], 'restarting iggy on prod (42): 0 of 2 done, usually 14s, 16s');
    view.on({ event: 'progress', nodes: targets([{}, {}]), usualMs: 14_200 });
    assert.equal(screen.lines[0], 'restarting iggy on prod (42): 2 of 2 done, 16s');
  });

  it('ticks on when the wall clock is set', () => {
    const { view, screen, time } = start();
    view.on({ event: 'progress', nodes: targets([running]) });
    time.jumpWall(3_600_000);
    time.advance(2000);
    assert.match(screen.lines[0] ?? '', /0 of 1 done, 2s$/);
    assert.match(screen.lines[2] ?? '', /processing {2}2s$/);
  });

  it('says what is still waited for when all that was seen is final', () => {
    const { view, screen, time } = start();
    view.on({ event: 'progress', nodes: targets([{}, {}]), settlesAt: time.clock.elapsed() + 2500 });
    assert.equal(screen.lines[0], 'restarting iggy on prod: 2 of 2 done, making sure that no other follows (3s), 0s');
    time.advance(1500);
    assert.equal(screen.lines[0], 'restarting iggy on prod: 2 of 2 done, making sure that no other follows (1s), 1s');
    screen.resize(60, 24);
    assert.equal(screen.lines[0], 'restarting iggy on prod: 2 of 2 done, settling (1s), 1s');
    screen.resize(80, 24);
    time.advance(1500);
    assert.equal(screen.lines[0], 'restarting iggy on prod (42): 2 of 2 done, making sure that no other follows, 3s');
    view.on({ event: 'progress', nodes: targets([{}, {}, running]) });
    assert.equal(screen.lines[0], 'restarting iggy on prod (42): 2 of 3 done, 3s');
  });

  it('counts on in no row while the log cannot be read, and says since when', () => {
    const zone = process.env.TZ;
    process.env.TZ = 'UTC';
    try {
      const { view, screen, time } = start();
      view.on({
        event: 'progress',
        nodes: targets([{}, running]),
        usualMs: 14_200,
        endsAt: time.clock.elapsed() + 14_000,
      });
      time.advance(12_000);
      view.on({ event: 'outage', ageMs: 2000 });
      const rows = [
        '610809900976570889  7261845022003200001  ✓ completed   4.8s',
        '610809900976570890  7261845022003200002  ⠋ processing  10s as of 12:00:10',
      ];
      assert.deepEqual(screen.lines.slice(2), rows);
      time.advance(30_000);
      assert.equal(screen.lines[0], 'restarting iggy on prod (42): 1 of 2 done, log out of reach since 12:00:10, 42s');
      assert.deepEqual(screen.lines.slice(2), rows);
      view.on({ event: 'outage', ageMs: null });
      assert.equal(screen.lines[0], 'restarting iggy on prod (42): 1 of 2 done, usually 14s, 42s');
      assert.match(screen.lines[3] ?? '', / processing {2}42s$/);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('counts what failed', () => {
    const { view, screen } = start();
    view.on({
      event: 'progress',
      nodes: targets([{}, { status: 'rejected' }, { ...awaited, status: 'missing' }, running]),
    });
    assert.equal(screen.lines[0], 'restarting iggy on prod (42): 3 of 4 done, 2 failed, 0s');
    assert.match(screen.lines[3] ?? '', /✗ rejected {4}4\.8s$/);
    assert.match(screen.lines[4] ?? '', / - {20}✗ missing {5}-$/);
  });

  it('waits, before any target is known', () => {
    const { view, screen } = start();
    view.on({ event: 'progress', nodes: [] });
    assert.deepEqual(screen.lines, ['restarting iggy on prod (42): waiting, 0s']);
  });

  it('keeps what is told once above the table', () => {
    const { view, screen } = start();
    view.on({ event: 'baseline', baseline: 7261845022003200000n, idempotencyKey: 'key-1' });
    view.on({ event: 'progress', nodes: targets([running]) });
    view.on({ event: 'dispatched', request_id: 'req-1', replayed: false, recovered: false });
    view.on({ event: 'warning', code: 'ambiguous', message: 'two entries fit' });
    assert.deepEqual(screen.lines, [
      'idempotency key key-1, log up to 7261845022003200000, request req-1',
      'warning: two entries fit',
      'restarting iggy on prod (42): 0 of 1 done, 0s',
      'NODE                ACTIVITY             STATUS        ELAPSED',
      '610809900976570889  7261845022003200001  ⠋ processing  0s',
    ]);
  });

  it('tells the key before anything is sent, and prints it with the id of the request in one dim line', () => {
    const { view, output, screen } = start({ colour: true });
    view.on({ event: 'baseline', baseline: 7n, idempotencyKey: 'key-1' });
    assert.equal(screen.lines[0], 'idempotency key key-1, log up to 7');
    view.on({ event: 'dispatched', request_id: 'req-1', replayed: false, recovered: false });
    view.stop();
    assert.deepEqual(screen.lines, ['idempotency key key-1, log up to 7, request req-1']);
    assert.ok(output.stderr.text.includes('\u001B[2midempotency key key-1, log up to 7, request req-1\u001B[22m\n'));
  });

  it('breaks a key that is wider than the window, and leaves nothing of it behind when that becomes narrower', () => {
    const { view, screen } = start({ columns: 40 });
    const key = 'k'.repeat(60);
    view.on({ event: 'warning', code: 'x', message: 'kept' });
    view.on({ event: 'baseline', baseline: 7n, idempotencyKey: key });
    screen.resize(32, 24);
    assert.deepEqual(screen.lines.slice(0, 2), ['warning: kept', `idempotency key ${'k'.repeat(16)}`]);
    view.on({ event: 'dispatched', request_id: 'req-1', replayed: false, recovered: false });
    view.stop();
    assert.equal(
      screen.lines.join('').replaceAll(/  +/g, ' '),
      `warning: keptidempotency key ${key}, log up to 7, request req-1`,
    );
  });

  it('keeps the key where nothing was dispatched', () => {
    const { view, screen } = start();
    view.on({ event: 'baseline', baseline: 7n, idempotencyKey: 'key-1' });
    view.stop();
    assert.deepEqual(screen.lines, ['idempotency key key-1, log up to 7']);
  });

  it('says in a line of its own what is not routine', () => {
    const { view, screen } = start();
    view.on({ event: 'baseline', baseline: 7n, idempotencyKey: 'key-1' });
    view.on({ event: 'dispatched', request_id: 'req-1', replayed: false, recovered: true });
    assert.deepEqual(screen.lines.slice(0, 2), [
      'idempotency key key-1, log up to 7',
      'dispatched: the answer was lost, the log has its entries (request req-1)',
    ]);
  });

  it('has columns that only grow, so that none jumps, until the window changes', () => {
    const { view, screen } = start();
    view.on({ event: 'progress', nodes: targets([running]) });
    view.on({ event: 'progress', nodes: targets([{}]) });
    const header = 'NODE                ACTIVITY             STATUS        ELAPSED';
    assert.equal(screen.lines[1], header);
    screen.resize(90, 24);
    assert.equal(screen.lines[1], 'NODE                ACTIVITY             STATUS       ELAPSED');
  });

  it('is in ASCII where the locale is', () => {
    const { view, screen } = start({ ascii: true, columns: 41, rows: 6 });
    view.on({ event: 'progress', nodes: targets([{}, running, { ...awaited }, { status: 'rejected' }]) });
    assert.deepEqual(screen.lines, [
      'prod: 2 of 4 done, 1 failed, 0s',
      'NODE                STATUS        ELAPSED',
      '610809900976570892  x rejected    4.8s',
      '610809900976570890  | processing  0s',
      '... and 2 more nodes, 1 done',
    ]);
  });

  it('leaves the screen to the shell while it is stopped, and draws anew when it goes on', () => {
    const { view, output, screen, time } = start();
    view.on({ event: 'progress', nodes: targets([running]) });
    const frame = screen.lines;
    time.suspend();
    output.stderr.write('[1]+  Stopped\n');
    time.advance(5000);
    assert.deepEqual(screen.lines, [...frame, '[1]+  Stopped']);
    time.resume();
    assert.deepEqual(screen.lines.slice(0, 4), [...frame, '[1]+  Stopped']);
    assert.match(screen.lines[4] ?? '', /: 0 of 1 done, 5s$/);
    view.stop();
    assert.deepEqual(screen.lines, [...frame, '[1]+  Stopped']);
  });

  it('is gone at the end, with its timer, and stays gone', () => {
    const { view, output, screen, time } = start();
    view.on({ event: 'warning', code: 'x', message: 'kept' });
    view.on({ event: 'progress', nodes: targets([running, running]) });
    view.stop();
    assert.deepEqual(screen.lines, ['warning: kept']);
    assert.equal(time.timers, 0);
    const written = output.stderr.text.length;
    view.stop();
    output.stderr.resize(40, 10);
    view.on({ event: 'progress', nodes: targets([running]) });
    assert.equal(output.stderr.text.length, written);
  });

  it('is one screen high, with what failed and what is going on first, and counts the rest', () => {
    const { view, screen } = start({ rows: 8 });
    const nodes = targets([{}, {}, { ...awaited }, running, {}, { status: 'rejected' }, running, {}]);
    view.on({ event: 'progress', nodes });
    assert.deepEqual(screen.lines, [
      'restarting iggy on prod (42): 5 of 8 done, 1 failed, 0s',
      'NODE                ACTIVITY             STATUS        ELAPSED',
      '610809900976570894  7261845022003200006  ✗ rejected    4.8s',
      '610809900976570892  7261845022003200004  ⠋ processing  0s',
      '610809900976570895  7261845022003200007  ⠋ processing  0s',
      '610809900976570891  -                    · waiting     -',
      '… and 4 more nodes, all done',
    ]);
  });

  it('fills the screen to its last line before it hides anything', () => {
    const { view, screen } = start({ rows: 8 });
    view.on({ event: 'progress', nodes: targets([{}, {}, {}, {}, running]) });
    assert.equal(screen.lines.length, 7);
    assert.match(screen.lines[6] ?? '', /processing/);
  });

  it('is no more than its headline on a screen of two lines', () => {
    const { view, screen } = start({ rows: 2 });
    view.on({ event: 'progress', nodes: targets([running]) });
    assert.deepEqual(screen.lines, ['restarting iggy on prod (42): 0 of 1 done, 0s']);
  });

  it('loses a column rather than break an id at 40 columns, and cuts only its title', () => {
    const { view, screen } = start({ columns: 41 });
    view.on({ event: 'progress', nodes: targets([running, {}]) });
    assert.deepEqual(screen.lines, [
      'restarting iggy on prod: 1 of 2 done, 0s',
      'NODE                STATUS        ELAPSED',
      '610809900976570889  ⠋ processing  0s',
      '610809900976570890  ✓ completed   4.8s',
    ]);
    view.stop();
    const narrower = start({ columns: 40 });
    narrower.view.on({ event: 'progress', nodes: targets([running]) });
    assert.equal(narrower.screen.lines[1], 'NODE                STATUS');
  });

  it('survives a terminal that becomes narrower and wider again', () => {
    const { view, screen, time } = start({ columns: 80 });
    view.on({ event: 'warning', code: 'x', message: 'kept' });
    view.on({ event: 'progress', nodes: targets([running, running, {}]) });
    screen.resize(42, 24);
    assert.deepEqual(screen.lines, [
      'warning: kept',
      'restarting iggy on prod: 1 of 3 done, 0s',
      'NODE                STATUS        ELAPSED',
      '610809900976570889  ⠋ processing  0s',
      '610809900976570890  ⠋ processing  0s',
      '610809900976570891  ✓ completed   4.8s',
    ]);
    screen.resize(100, 24);
    time.advance(1000);
    assert.deepEqual(screen.lines, [
      'warning: kept',
      'restarting iggy on prod (42): 1 of 3 done, 1s',
      'NODE                ACTIVITY             STATUS        ELAPSED',
      '610809900976570889  7261845022003200001  ⠇ processing  1s',
      '610809900976570890  7261845022003200002  ⠇ processing  1s',
      '610809900976570891  7261845022003200003  ✓ completed   4.8s',
    ]);
  });

  it('fits a terminal that becomes lower', () => {
    const { view, screen } = start();
    view.on({ event: 'progress', nodes: targets([running, running, {}]) });
    screen.resize(80, 5);
    // What has scrolled off the top by then cannot be taken back.
    assert.deepEqual(screen.lines.slice(-4), [
      'restarting iggy on prod (42): 1 of 3 done, 0s',
      'NODE                ACTIVITY             STATUS        ELAPSED',
      '610809900976570889  7261845022003200001  ⠋ processing  0s',
      '… and 2 more nodes, 1 done',
    ]);
  });

  it('has colour for the status, and nothing that colour alone says', () => {
    const { view, output } = start({ colour: true });
    view.on({ event: 'progress', nodes: targets([{}, running, { status: 'rejected' }]) });
    assert.ok(output.stderr.text.includes('\u001B[32m✓ completed\u001B[39m'));
    assert.ok(output.stderr.text.includes('\u001B[36m⠋ processing\u001B[39m'));
    assert.ok(output.stderr.text.includes('\u001B[31m✗ rejected\u001B[39m'));
    assert.ok(output.stderr.text.includes('\u001B[31m1 failed\u001B[39m'));
  });

  it('shows a status that is not known yet as going on, and lets nothing act on the terminal', () => {
    const { view, screen } = start({}, { title: { what: 'restarting iggy', deployment: { id: 42n, name: HOSTILE } } });
    view.on({ event: 'progress', nodes: targets([{ status: HOSTILE, finished_at: null }]) });
    assert.match(screen.lines[0] ?? '', /^restarting iggy on [ -~]+: 0 of 1 done, 0s$/);
    assert.match(screen.lines[2] ?? '', /⠋ {2}\[2J \[31mred/);
  });

  it('writes nothing to stdout', () => {
    const { view, output } = start({}, { format: 'json' });
    view.on({ event: 'progress', nodes: targets([running]) });
    view.stop();
    assert.equal(output.stdout.text, '');
    assert.notEqual(output.stderr.text, '');
  });

  it('with --quiet, and in NDJSON, is not shown', () => {
    for (const options of [{ quiet: true }, { format: 'ndjson' }] as const) {
      const { view, output, time } = start({}, options);
      view.on({ event: 'progress', nodes: targets([running]) });
      time.advance(1000);
      assert.equal(output.stderr.text, '');
    }
  });
});
