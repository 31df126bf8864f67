import assert from 'node:assert/strict';
import { rejectedBefore, RollMemory } from '../../../src/activities/roll/roll-memory.js';
import { type RollPlan, type RollTools } from '../../../src/activities/roll/plan.js';
import { LdctlError } from '../../../src/base/errors.js';
import { type RollRecord } from '../../../src/base/old-journal.js';
import { type ResultEvent, type RunStep } from '../../../src/base/progress.js';
import { failureOf } from '../../helpers/failure.js';
import { MemoryJournal } from '../../helpers/memory-journal.js';
import { gateEnd, RollBench, rollPlan } from '../../helpers/roll.js';

const NODES = [1n, 2n, 3n];
const HOUR_MS = 3_600_000;
const stageIs = (event: RunStep, node: number, stage: string): boolean =>
  event.event === 'progress' && event.nodes[node]?.stage === stage;

/** Rolls of one machine, one after the other, each with a random key unless it is taken up. */
class Machine extends RollBench {
  readonly rolls = new MemoryJournal<RollRecord>();
  #memory = this.newMemory();

  newMemory(): RollMemory {
    const { deploymentId, runtime, action, idempotencyKey } = rollPlan();
    return new RollMemory(this.rolls, { deploymentId, runtime, action, idempotencyKey }, this.clock);
  }

  override rollTools(changes: Partial<RollTools> = {}): RollTools {
    return super.rollTools({ memory: this.#memory, ...changes });
  }

  override roll(changes: Partial<RollPlan> = {}, onEvent?: (event: RunStep) => void): Promise<ResultEvent> {
    return super.roll({ nodes: NODES, ...changes }, onEvent);
  }

  /** What `--resume KEY` does, in a process of its own. */
  async resume(changes: Partial<RollPlan> = {}): Promise<ResultEvent> {
    this.stop = new AbortController();
    this.events.length = 0;
    this.#memory = this.newMemory();
    const { nodes } = await this.#memory.recall();
    const rejected = await rejectedBefore(rollPlan(), nodes, this.tools());
    return this.roll({ callersKey: true, nodes: nodes.filter((node) => !rejected.has(node)), ...changes });
  }

  later(ms: number): Promise<void> {
    return this.clock.run(this.clock.sleep(ms));
  }
}

describe('a roll that is taken up by its key', () => {
  it('asks a gate again that was cut off, and none that had passed, which is shown as passed', async () => {
    const machine = new Machine();
    const gate = machine.gate(60_000);
    const cut = await machine.roll({ gate }, (event) => {
      if (stageIs(event, 1, 'gate')) machine.interrupt('SIGINT');
    });
    assert.deepEqual([cut.exitCode, cut.result.resume], [130, 'roll --resume']);
    assert.deepEqual(
      cut.result.nodes.map(({ gate: end }) => end),
      [gateEnd(), null, null],
    );
    machine.asked.length = 0;
    const { exitCode, result } = await machine.resume({ gate });
    assert.deepEqual([exitCode, result.resume], [0, null]);
    assert.deepEqual(
      machine.asked.map(({ nodeId }) => nodeId),
      [2n, 3n],
    );
    assert.deepEqual(
      result.nodes.map(({ gate: end }) => end),
      NODES.map(() => gateEnd()),
    );
    assert.deepEqual(machine.postedTo, NODES);
  });

  it('says that an earlier run has begun a node, and since when', async () => {
    const machine = new Machine();
    await machine.roll({}, (event) => {
      if (stageIs(event, 1, 'running')) machine.interrupt('SIGTERM');
    });
    await machine.later(HOUR_MS);
    await machine.resume();
    const told = machine.events.flatMap((event) => (event.event === 'dispatched' ? [event] : []));
    const earlier = told.find(({ node_id: node }) => node === 1n)?.earlier;
    assert.ok(earlier && earlier.ageMs >= HOUR_MS && earlier.ageMs < HOUR_MS + 60_000);
    assert.equal(earlier.ended?.outcome, 'completed');
    assert.equal(told.find(({ node_id: node }) => node === 3n)?.earlier, undefined);
  });

  it('acts on a node no more that rejected it, and does the rest', async () => {
    const machine = new Machine();
    machine.supervisor.behaviour.set(2n, { result: 'rejected' });
    const first = await machine.roll();
    assert.deepEqual([first.exitCode, first.result.resume], [3, 'roll --resume']);
    const { exitCode, result } = await machine.resume();
    assert.equal(exitCode, 0);
    assert.deepEqual(
      result.nodes.map(({ node_id: node }) => node),
      [1n, 3n],
    );
    assert.deepEqual(machine.postedTo, NODES);
  });

  it('follows what was left running, and acts on it no more', async () => {
    const machine = new Machine();
    machine.supervisor.behaviour.set(1n, { workMs: 60_000 });
    const first = await machine.roll({}, (event) => {
      if (event.event === 'activity') machine.interrupt('SIGINT');
    });
    assert.equal(first.result.resume, 'roll --resume');
    assert.equal((await machine.resume()).exitCode, 0);
    assert.deepEqual(machine.postedTo, NODES);
  });

  it('can be taken up once more', async () => {
    const machine = new Machine();
    const gate = machine.gate(10, () => 1);
    for (const end of [await machine.roll({ gate }), await machine.resume({ gate })]) {
      assert.deepEqual([end.exitCode, end.result.resume], [9, 'roll --resume']);
    }
    assert.deepEqual(machine.postedTo, [1n]);
  });
});

describe('the record of a roll', () => {
  const refusal = async (step: Promise<unknown>): Promise<[string, number]> => {
    const { code, exitCode } = await failureOf(step, LdctlError);
    return [code, exitCode];
  };

  it('holds its nodes in their order, and how it goes', async () => {
    const machine = new Machine();
    await machine.roll({ nodes: [3n, 1n], options: { pause: '1s' } });
    const { nodes, options } = await machine.newMemory().recall();
    assert.deepEqual([nodes, options], [[3n, 1n], { pause: '1s' }]);
  });

  it('that is not there, or has expired, is 5', async () => {
    const machine = new Machine();
    assert.deepEqual(await refusal(machine.newMemory().recall()), ['unknown_roll', 5]);
    await machine.roll();
    const memory = machine.newMemory();
    await memory.recall();
    await machine.later(24 * HOUR_MS);
    // Somebody thought for a day whether to consent.
    assert.deepEqual(await refusal(memory.keep(NODES, {})), ['unknown_roll', 5]);
  });

  it('of a key that other nodes were rolled with as well is 5: the command then names the nodes', async () => {
    const machine = new Machine();
    const halts = { callersKey: true, gate: machine.gate(10, () => 1) };
    assert.equal((await machine.roll(halts)).result.resume, 'roll --resume');
    assert.equal(
      (await machine.roll({ ...halts, nodes: [3n, 2n, 1n] })).result.resume,
      'roll --resume',
      'the order may differ',
    );
    assert.equal((await machine.roll({ ...halts, nodes: [4n, 5n] })).result.resume, 'roll 4,5');
    assert.deepEqual(await refusal(machine.newMemory().recall()), ['ambiguous_roll', 5]);
  });

  it('does not outlive those of its nodes: a roll that takes longer than a day names what is left', async () => {
    const machine = new Machine();
    const { result } = await machine.roll({ pauseMs: 25 * HOUR_MS, gate: machine.gate(10, () => 1) });
    assert.equal(result.resume, 'roll 1,2,3');
  });

  it('that cannot be written is a warning for a random key, and its command names the nodes', async () => {
    const machine = new Machine();
    machine.rolls.update = () => Promise.reject(new LdctlError('usage', 'config_unwritable', 'the disk is full'));
    const { exitCode, result } = await machine.roll({ gate: machine.gate(10, (node) => (node === 2n ? 1 : 0)) });
    assert.deepEqual([exitCode, result.resume], [9, 'roll 3']);
    assert.ok(machine.warnings.includes('roll_not_kept'));
    assert.equal(machine.journal.records.size, 0);
  });

  it('that cannot be written ends a roll with a caller’s key before anything is sent', async () => {
    const machine = new Machine();
    machine.rolls.update = () => Promise.reject(new LdctlError('usage', 'config_unwritable', 'the disk is full'));
    assert.deepEqual(await refusal(machine.roll({ callersKey: true })), ['config_unwritable', 2]);
    assert.deepEqual(machine.postedTo, []);
  });

  it('does not hide a fault of our own', async () => {
    const machine = new Machine();
    const fault = new TypeError('x is not y');
    machine.rolls.update = () => Promise.reject(fault);
    await assert.rejects(machine.roll(), fault);
  });
});
