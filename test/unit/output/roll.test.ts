import assert from 'node:assert/strict';
import { type NodeResult, type ResultFields } from '../../../src/base/outcome.js';
import { type NodeProgress, type RunStep } from '../../../src/base/progress.js';
import { type RollStage } from '../../../src/base/roll.js';
import { memoryOutput, type Terminal } from '../../../src/output/memory-output.js';
import { printRunResult } from '../../../src/output/run-result.js';
import { createRunView } from '../../../src/output/views.js';
import { ACTIVITY, missing, node, NODE, options, run } from './support/samples.js';
import { Screen } from './support/screen.js';
import { ManualTime } from './support/time.js';

/** How long a node takes, ms: every tick of it is drawn. */
const TURN = 10_000;
const passed = { exit_code: 0, timed_out: false, took_ms: 1000 };
const failed = { exit_code: 4, timed_out: false, took_ms: 1000 };
const timedOut = { exit_code: null, timed_out: true, took_ms: 1000 };

/** A roll on a screen, and the time that passes. */
class Stage {
  readonly time = new ManualTime();
  readonly output;
  readonly screen: Screen;
  readonly #view;

  constructor(terminal: Partial<Terminal> = {}) {
    this.output = memoryOutput({ stderr: { isTTY: true, colour: false, ...terminal } });
    this.screen = new Screen(this.output.stderr);
    const { clock, every, onSuspend } = this.time;
    const title = { what: 'rolling restart of iggy', deployment: { id: 42n, name: 'prod' } };
    this.#view = createRunView(this.output, {
      format: 'table',
      quiet: false,
      numberIds: true,
      title,
      clock,
      every,
      onSuspend,
    });
  }

  on(event: RunStep): void {
    this.#view.on(event);
  }

  /** Shows nodes in these stages, in their order. */
  stages(...stages: RollStage[]): void {
    this.show(...stages.map((stage, index) => this.node(stage, index)));
  }

  show(...nodes: NodeProgress[]): void {
    this.on({ event: 'progress', nodes });
  }

  node(stage: RollStage, index: number, fields: Partial<NodeProgress> = {}): NodeProgress {
    const now = this.time.clock.now();
    const id = { node_id: NODE + BigInt(index), stage, gate: null };
    if (stage === 'waiting')
      return { ...missing(), ...id, status: 'not_started', started_at: null, since: null, ...fields };
    const begun = {
      activity_id: ACTIVITY + BigInt(index),
      started_at: new Date(now).toISOString(),
      since: this.time.clock.elapsed(),
    };
    const isRunning = stage === 'running';
    return { ...node(isRunning ? { status: 'processing', finished_at: null } : {}), ...id, ...begun, ...fields };
  }

  get headline(): string {
    return this.screen.lines.find((line) => line.includes('rolling restart')) ?? '';
  }
}

describe('a roll at a terminal', () => {
  it('shows a bar, and what each node waits for', () => {
    const stage = new Stage();
    stage.stages('done', 'gate', 'pause', 'running', 'waiting', 'waiting', 'waiting', 'waiting', 'waiting', 'waiting');
    const [, header, ...rows] = stage.screen.lines;
    assert.match(stage.headline, /^rolling restart of iggy on prod \(42\): █░{9} 1 of 10 done, 0s$/);
    assert.equal(header, 'NODE                ACTIVITY             STATUS         ELAPSED');
    assert.deepEqual(rows.slice(0, 5), [
      '610809900976570889  7261845022003200001  ✓ completed    4.8s',
      '610809900976570890  7261845022003200002  ⠋ gate         4.8s',
      '610809900976570891  7261845022003200003  ⠋ pause        4.8s',
      '610809900976570892  7261845022003200004  ⠋ processing   0s',
      '610809900976570893  -                    · not started  -',
    ]);
  });

  it('shows what went wrong as such: given up, or held by its gate', () => {
    const stage = new Stage();
    stage.show(
      stage.node('done', 0, { gate: failed }),
      stage.node('done', 1, { gate: timedOut }),
      stage.node('done', 2, { status: 'processing', finished_at: null }),
      stage.node('done', 3, { status: null, activity_id: null, finished_at: null }),
      stage.node('done', 4, { gate: passed }),
    );
    const shown = stage.screen.lines.slice(2).map((line) => line.slice(41, 61).trim());
    const expected = ['✗ gate failed with 4', '✗ gate timed out', '✗ timed out', '✗ unconfirmed', '✓ completed'];
    assert.deepEqual(shown, expected);
    assert.match(stage.headline, /: █{10} 5 of 5 done, 4 failed, 0s$/);
  });

  it('keeps on a small screen what went wrong and what is underway, a pause and a gate too', () => {
    const stage = new Stage({ rows: 8 });
    stage.show(
      ...(['done', 'gate', 'running', 'pause'] as const).map((name, index) => stage.node(name, index)),
      stage.node('waiting', 4),
      stage.node('done', 5, { gate: failed }),
      ...(['done', 'waiting'] as const).map((name, index) => stage.node(name, index + 6)),
    );
    assert.deepEqual(stage.screen.lines.slice(2), [
      '610809900976570894  7261845022003200006  ✗ gate failed with 4  4.8s',
      '610809900976570890  7261845022003200002  ⠋ gate                4.8s',
      '610809900976570891  7261845022003200003  ⠋ processing          0s',
      '610809900976570892  7261845022003200004  ⠋ pause               4.8s',
      '… and 4 more nodes, 2 done',
    ]);
  });

  it('prints what a gate says above the table', () => {
    const stage = new Stage();
    stage.stages('gate');
    stage.on({ event: 'gate_output', node_id: NODE, line: 'lag 0\u001B[2J' });
    stage.on({ event: 'gate', node_id: NODE, gate: failed });
    assert.deepEqual(stage.screen.lines.slice(0, 2), [`${NODE} gate | lag 0 [2J`, `${NODE} gate failed with 4 (1.0s)`]);
  });
});

describe('the time that a roll may still take', () => {
  it('is told beside what is usual, and goes down', () => {
    const stage = new Stage({ columns: 100 });
    const nodes = [stage.node('running', 0), stage.node('waiting', 1)];
    stage.show(...nodes);
    assert.doesNotMatch(stage.headline, /usually|to go/);
    stage.on({ event: 'progress', nodes, usualMs: TURN, endsAt: stage.time.clock.elapsed() + 2 * TURN });
    assert.match(stage.headline, /, usually 10s, about 20s to go, 0s$/);
    stage.time.advance(TURN);
    assert.match(stage.headline, /, usually 10s, about 10s to go, 10s$/);
    // A node that takes longer than the others may end at any moment.
    stage.time.advance(5 * TURN);
    assert.match(stage.headline, /, usually 10s, 1m00s$/);
  });

  it('has no bar where it is no roll', () => {
    const stage = new Stage();
    const bare = (status: string, index: bigint): NodeProgress => ({
      ...node({ node_id: NODE + index, status }),
      since: 0,
    });
    stage.show(bare('completed', 0n), bare('processing', 1n));
    assert.doesNotMatch(stage.headline, /to go|█/);
  });
});

describe('a roll off a terminal', () => {
  it('says every 30 s of silence how far it is', () => {
    const stage = new Stage({ isTTY: false });
    stage.stages('done', 'gate', 'running', 'waiting');
    stage.time.advance(31_000);
    assert.match(stage.output.stderr.text, /still rolling: 1 of 4 nodes done, 2 underway, 30s$/m);
  });
});

describe('the summary of a roll', () => {
  const begun = { started_at: '2026-03-16T12:00:00.000Z', gate: null };
  const waiting = (id: bigint): NodeResult =>
    missing({ node_id: id, status: 'not_started', started_at: null, gate: null });

  async function summary(result: Partial<ResultFields>, quiet = false): Promise<string[]> {
    const output = memoryOutput();
    await printRunResult(output, run(result), { ...options(), quiet, tookMs: 12_000 });
    return output.stderr.lines;
  }

  it('lists the nodes by what became of them, with the command that goes on', async () => {
    const lines = await summary({
      outcome: 'unconfirmed',
      resume: 'ldctl activities wait 7',
      nodes: [
        node({ node_id: 1n, ...begun, gate: passed }),
        node({ node_id: 2n, status: 'rejected', ...begun }),
        missing({ node_id: 3n, ...begun }),
        node({ node_id: 4n, ...begun, gate: failed }),
        node({ node_id: 5n, status: 'processing', finished_at: null, ...begun }),
        missing({ node_id: 6n, status: null, ...begun }),
        node({ node_id: 7n, ...begun }),
        waiting(8n),
        waiting(9n),
      ],
    });
    assert.deepEqual(lines, [
      '✗ restart of iggy unconfirmed after 12s',
      '  done         2: 1, 7',
      '  failed       3: 2 (rejected), 3 (missing), 4 (gate failed with 4)',
      '  running      2: 5, 6 (not seen yet)',
      '  not started  2: 8, 9',
      'hint: A missing node has no entry in the log: check its id, and that it is up. One that is slow needs a longer ' +
        '--appear-timeout.',
      'to take it up again: ldctl activities wait 7',
    ]);
  });

  it('lists them when all went well, unless nothing is to be said of that', async () => {
    const nodes = [node({ node_id: 1n, ...begun }), node({ node_id: 2n, ...begun })];
    const lines = ['✓ restart of iggy completed on 2 of 2 nodes in 12s', '  done         2: 1, 2'];
    assert.deepEqual(await summary({ nodes }), lines);
    assert.deepEqual(await summary({ nodes }, true), []);
  });

  it('names no more than ten of a list', async () => {
    const nodes = Array.from({ length: 30 }, (_, index) => waiting(BigInt(index)));
    const lines = await summary({ outcome: 'interrupted', nodes });
    assert.equal(lines[1], '  not started  30: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 20 more');
  });
});
