import assert from 'node:assert/strict';
import { type NodeProgress, type JobEvent } from '../../../src/job/events.js';
import { createRunView } from '../../../src/output/views.js';
import { type PrintOptions } from '../../../src/output/streams.js';
import { type RunView } from '../../../src/output/views/plain.js';
import { memoryOutput, type MemoryOutput, type Terminal } from '../../helpers/memory-output.js';
import { ACTIVITY, NODE, processing, progress, written } from './support/samples.js';
import { screenLines } from './support/screen.js';
import { endTime, ManualTime } from './support/time.js';

const REQUEST = '4bf92f3577b34da6a3ce929d0e0e4736';
const HEAD = 'Restarting iggy on platform/demo/sandbox';
const baseline = {
  event: 'baseline',
  baseline: 7261845022003200000n,
  idempotencyKey: 'key-1',
  expects: 0,
} as const;
const dispatched = {
  event: 'dispatched',
  request_id: REQUEST,
  replayed: false,
  recovered: false,
} as const;
const warning: JobEvent = { event: 'warning', code: 'ambiguous', message: 'two entries fit' };
const running = { status: 'processing', finished_at: null };
const awaited = {
  activity_id: null,
  status: null,
  created_at: null,
  finished_at: null,
  since: null,
};
const passed = { exit_code: 0, timed_out: false, cut_off: false, took_ms: 1000 };
const failed = { ...passed, exit_code: 4 };

const targets = (...nodes: ReadonlyArray<Partial<NodeProgress>>): NodeProgress[] =>
  nodes.map((fields, index) => {
    const offset = BigInt(index);
    return progress({ node_id: NODE + offset, activity_id: ACTIVITY + offset, ...fields });
  });
const shown = (...nodes: ReadonlyArray<Partial<NodeProgress>>): JobEvent => ({
  event: 'progress',
  nodes: targets(...nodes),
});

interface Stage {
  view: RunView;
  output: MemoryOutput;
  time: ManualTime;
  screen: () => Promise<string[]>;
}

/** A view of a run, what it writes, and a clock to turn by hand. */
async function start(
  terminal: Partial<Terminal> = {},
  wanted: Partial<PrintOptions> = {},
): Promise<Stage> {
  const output = written(memoryOutput({ stderr: { colour: false, ...terminal } }), wanted);
  const time = new ManualTime();
  const view = await createRunView(output, {
    headline: HEAD,
    clock: time.clock,
  });
  return { view, output, time, screen: () => screenLines(output.stderr) };
}

const TTY = { isTTY: true };

afterEach(endTime);

describe('a run at a terminal', () => {
  it('is a headline, a table that updates in place, and a line that ticks; the headline stays', async () => {
    const { view, screen, time } = await start(TTY);
    view.on({ ...baseline, expects: 3 });
    assert.deepEqual(await screen(), ['waiting, 0s']);
    view.on(dispatched);
    assert.deepEqual(await screen(), [HEAD, 'waiting for the first entry, 0s']);
    view.on(shown({}, running, awaited));
    assert.deepEqual(await screen(), [
      HEAD,
      'NODE                ACTIVITY             STATUS        TOOK',
      '610809900976570889  7261845022003200001  ✓ completed   4.8s',
      '610809900976570890  7261845022003200002  … processing  0s',
      '610809900976570891  -                    · waiting     -',
      '1 of 3 done, 0s',
    ]);
    time.jumpWall(3_600_000);
    time.advance(3000);
    assert.match((await screen())[3] ?? '', /… processing {2}3s$/);
    assert.equal((await screen())[5], '1 of 3 done, 3s');
    view.stop();
    time.advance(1000);
    assert.deepEqual(await screen(), [HEAD]);
  });

  it('says key, baseline and request with --debug alone, and always what is not routine, between words', async () => {
    for (const debug of [false, true]) {
      const { view, screen } = await start({ isTTY: true, columns: 60 }, { debug });
      view.on(baseline);
      view.on(dispatched);
      view.on({ ...dispatched, recovered: true });
      view.on(warning);
      view.stop();
      assert.deepEqual(await screen(), [
        ...(debug ? ['idempotency key key-1, log read up to 7261845022003200000'] : []),
        HEAD,
        ...(debug ? [`dispatched (request ${REQUEST})`] : []),
        'dispatched: the log has its entries (request',
        `  ${REQUEST})`,
        'warning: two entries fit',
      ]);
    }
  });

  it('tells where each node of a roll stands, and what its gate says', async () => {
    const { view, screen, time } = await start(TTY);
    const now = time.clock.elapsed();
    view.on({ event: 'gate_output', node_id: NODE, line: 'lag 0\u001B[2J' });
    view.on({ event: 'warning', code: 'halted', message: 'the gate has failed' });
    view.on({ event: 'gate', node_id: NODE, gate: failed });
    view.on({ ...dispatched, node_id: NODE, recovered: true, earlier: { ageMs: 10 } });
    const rows: Array<[Partial<NodeProgress>, status: string]> = [
      [{ stage: 'done' }, '✓ completed'],
      [{ stage: 'pause' }, '… pause'],
      [{ stage: 'pause', stageSince: now, limitMs: 0 }, '✓ completed'],
      [{ stage: 'gate' }, '… gate'],
      [{ stage: 'gate', stageSince: now - 12_000, limitMs: 300_000 }, '… gate 12s of 5m'],
      [{ stage: 'gate', stageSince: now - 12_000, limitMs: Infinity }, '… gate 12s'],
      [{ stage: 'pause', stageSince: now - 60_000, limitMs: 90_000 }, '… pause 1m00s of 1m30s'],
      [{ stage: 'waiting', ...awaited }, '· waiting'],
      [{ stage: 'done', gate: failed }, '✗ gate failed with 4'],
      [{ stage: 'done', ...running }, '✗ timed out'],
      [{ stage: 'done', ...awaited }, '✗ unconfirmed'],
    ];
    view.on(shown(...rows.map(([row]) => row)));
    assert.deepEqual((await screen()).slice(0, 3), [
      `${NODE} gate | lag 0 [2J`,
      'warning: the gate has failed',
      HEAD,
    ]);
    const statuses = (await screen())
      .slice(4, -1)
      .map((line) => line.slice(41, 66).split(/ {2,}/)[0]?.trim());
    assert.deepEqual(
      statuses,
      rows.map(([, status]) => status),
    );
    assert.equal((await screen()).at(-1), '1 of 11 done, 3 failed, 0s');
  });

  it('tells of a roll what is left, about how long that takes, and what Ctrl-C does', async () => {
    const { view, screen, time } = await start(TTY);
    const waiting = { stage: 'waiting', ...awaited } as const;
    const foot = async (
      done: number,
      ...others: ReadonlyArray<Partial<NodeProgress>>
    ): Promise<string> => {
      const started = { ...dispatched, node_id: NODE + BigInt(done) };
      // The first node was done by an earlier process, which tells nothing of the pace.
      view.on(done === 0 ? { ...started, earlier: { ageMs: 1000 } } : started);
      const ended = Array.from({ length: done }, () => ({ stage: 'done' }) as const);
      view.on(shown(...ended, ...others, waiting, waiting, waiting));
      return (await screen()).at(-1) ?? '';
    };
    const running = { stage: 'running' } as const;
    assert.equal(
      await foot(0, running, running),
      '0 of 5 done, 0s, 3 to go. Ctrl-C: finish these, then stop',
    );
    time.advance(6000);
    await foot(1, running);
    assert.equal(
      await foot(2, running),
      '2 of 6 done, 6s, 3 to go. Ctrl-C: finish these, then stop',
    );
    time.advance(6000);
    assert.equal(
      await foot(3, running),
      '3 of 7 done, 12s, 3 to go, about 18s. Ctrl-C: finish these, then stop',
    );
    view.on({ event: 'warning', code: 'stopping', message: 'Stopping' });
    assert.equal((await screen()).at(-1), '3 of 7 done, 12s. Ctrl-C: leave them running and exit');
  });
});

describe('a run off a terminal', () => {
  it('has a heartbeat after 30 s of silence, whatever the wall clock does', async () => {
    const { view, output, time } = await start();
    time.advance(30_000);
    view.on(dispatched);
    time.advance(30_000);
    view.on(shown({}, running, awaited));
    time.jumpWall(-3_600_000);
    time.advance(30_000);
    const heartbeats = output.stderr.lines.filter((line) => line.includes('Z still '));
    assert.deepEqual(heartbeats, [
      '12:00:30Z still waiting, 30s',
      '12:01:00Z still waiting for the first entry, 1m00s',
      '11:01:30Z still 2 of 3 nodes to go, 1m30s',
    ]);
  });

  it('in NDJSON is printed event by event on stdout, and on stderr by what must be seen there too', async () => {
    const { view, output, time } = await start({}, { format: 'ndjson' });
    view.on(baseline);
    view.on(dispatched);
    const { id, node_id, runtime, action, status, created_at } = processing({
      id: 18446744073709551615n,
    });
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
      '12:00:00Z idempotency key key-1, log read up to 7261845022003200000',
      'warning: two entries fit',
      '12:00:30Z still 1 node to go, 30s',
    ]);
  });
});
