import assert from 'node:assert/strict';
import { type NodeProgress, type JobEvent } from '../../../src/job/events.js';
import { createRunView } from '../../../src/output/views.js';
import { type RunView } from '../../../src/output/views/plain.js';
import { VirtualClock } from '../../helpers/clock.js';
import { memoryOutput } from '../../helpers/memory-output.js';
import { Screen, withoutEnd } from '../../helpers/screen.js';
import { ACTIVITY, NODE, progress, written } from './support/samples.js';

const REQUEST = '4bf92f3577b34da6a3ce929d0e0e4736';
const HEAD = 'Restarting iggy on platform/demo/sandbox';
const dispatched = {
  event: 'dispatched',
  request_id: REQUEST,
  replayed: false,
  recovered: false,
} as const;
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

const TTY = { isTTY: true, colour: false } as const;

it('a run at a terminal has its key and its request above the table with --debug alone', async () => {
  for (const debug of [false, true]) {
    const output = written(memoryOutput(TTY), { debug });
    const view = await createRunView(output, {
      headline: HEAD,
      action: 'restart',
      clock: new VirtualClock(),
    });
    view.on({ event: 'baseline', baseline: 7n, idempotencyKey: 'key-1', expects: 0 });
    view.on(dispatched);
    view.stop();
    const said = [/idempotency key key-1, log read up to 7/, /dispatched \(request 4bf92f3577/];
    for (const line of said) assert.equal(line.test(output.stderr.text), debug);
  }
});

describe('a roll at a terminal', () => {
  let clock: VirtualClock;
  let view: RunView;
  let screen: () => Promise<string[]>;

  beforeEach(async () => {
    clock = new VirtualClock();
    const output = written(memoryOutput(TTY));
    view = await createRunView(output, { headline: HEAD, action: 'restart', clock });
    screen = async () => {
      const drawn = new Screen(output.stderr);
      drawn.write(output.stderr.text);
      return withoutEnd(await drawn.lines('all'));
    };
  });
  afterEach(() => view.stop());

  it('tells where each node stands, and what its gate says', async () => {
    const now = clock.elapsed();
    view.on({ event: 'gate_output', node_id: NODE, line: 'lag 0\u001B[2J' });
    view.on({ event: 'warning', code: 'halted', message: 'the gate has failed' });
    view.on({ event: 'gate', node_id: NODE, gate: failed });
    view.on({ ...dispatched, node_id: NODE, recovered: true, earlier: { ageMs: 10 } });
    const rows: Array<[Partial<NodeProgress>, status: string]> = [
      [{ stage: 'done' }, '✓ completed'],
      [{ stage: 'pause', stageSince: now, limitMs: 0 }, '✓ completed'],
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
    assert.equal((await screen()).at(-1), '1 of 9 done, 3 failed, 0s');
  });

  it('keeps the last lines of a gate that has not passed', async () => {
    const say = (node: bigint, line: string): void =>
      view.on({ event: 'gate_output', node_id: node, line });
    view.on(shown({ stage: 'gate' }, { stage: 'gate' }));
    for (let line = 1; line <= 25; line += 1) say(NODE, `${'-'.repeat(45)} ${line}`);
    say(NODE + 1n, 'lag 0');
    // A gate that writes fast is not slowed down by a drawing of each line.
    assert.ok(!(await screen()).some((line) => line.includes('---')));
    await clock.advance(1000);
    const [headline, , first = '', second = ''] = await screen();
    assert.equal(headline, HEAD);
    assert.ok(first.endsWith(`  ${'-'.repeat(39)}…`));
    assert.ok(second.endsWith('  lag 0'));
    say(NODE, '分区'.repeat(30));
    await clock.advance(1000);
    const [, , wide = ''] = await screen();
    assert.ok(wide.endsWith(`  ${'分区'.repeat(9)}分…`), wide);
    for (let line = 1; line <= 25; line += 1) say(NODE, `${'-'.repeat(45)} ${line}`);
    view.on({ event: 'gate', node_id: NODE, gate: failed });
    view.on({ event: 'gate', node_id: NODE + 1n, gate: passed });
    view.stop();
    const lines = (await screen()).slice(1);
    assert.deepEqual(
      lines,
      Array.from({ length: 20 }, (_, at) => `${NODE} gate | ${'-'.repeat(45)} ${at + 6}`),
    );
  });

  it('tells what is left, about how long that takes, and what Ctrl-C does', async () => {
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
    await clock.advance(6000);
    await foot(1, running);
    assert.equal(
      await foot(2, running),
      '2 of 6 done, 6s, 3 to go. Ctrl-C: finish these, then stop',
    );
    await clock.advance(6000);
    assert.equal(
      await foot(3, running),
      '3 of 7 done, 12s, 3 to go, about 18s. Ctrl-C: finish these, then stop',
    );
    view.on({ event: 'warning', code: 'stopping', message: 'Stopping' });
    assert.equal((await screen()).at(-1), '3 of 7 done, 12s. Ctrl-C: exit at once');
  });
});
