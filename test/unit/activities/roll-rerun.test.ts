import assert from 'node:assert/strict';
import { type ResultEvent } from '../../../src/base/progress.js';
import { type RollPlan, type RollTools } from '../../../src/activities/roll/plan.js';
import { roll } from '../../../src/activities/roll/roll.js';
import { wireKey } from '../../../src/activities/wire-key.js';
import { type Clock } from '../../../src/base/clock.js';
import { type RunJournal, type RunRecord } from '../../../src/base/old-journal.js';
import { type Accepted, type Supervisor, type WireTrigger } from '../../../src/base/supervisor.js';
import { seededRandom } from '../../../src/sandbox/tenant.js';
import { accepted, apiError, failing } from '../../helpers/fake-supervisor.js';
import { gateEnd, nodesUpTo, RollBench, rollPlan } from '../../helpers/roll.js';
import { drain } from '../../helpers/run.js';

const REMEMBERED_MS = 10 * 60_000;
const never = new Promise<never>(() => undefined);

/** Rolls with one caller's key, one after the other, against a server that remembers keys for 10 minutes. */
class World extends RollBench {
  readonly #answers = new Map<string, number>();

  constructor() {
    super();
    // The contract's rule: the first answer to a key is given again, and nothing is carried out.
    const { carryOut } = this.supervisor;
    const once = (request: WireTrigger): Accepted => {
      const at = this.#answers.get(request.wireKey);
      if (at !== undefined && this.clock.now() - at < REMEMBERED_MS) {
        return accepted({ replayed: true, serverTime: this.clock.now() });
      }
      this.#answers.set(request.wireKey, this.clock.now());
      return carryOut(request);
    };
    Object.assign(this.supervisor, { carryOut: once });
  }

  override roll(changes: Partial<RollPlan> = {}): Promise<ResultEvent> {
    this.events.length = 0;
    return super.roll({ callersKey: true, ...changes });
  }

  /** A roll whose process is killed after so long: from then on nothing that it waits for comes. */
  async rollAndKill(afterMs: number, changes: Partial<RollPlan> = {}): Promise<'killed' | ResultEvent> {
    const life = { isOver: false };
    const tools = mortal(this.rollTools(), life);
    const job = drain(roll(rollPlan({ callersKey: true, ...changes }), tools), () => undefined);
    const end = this.clock.sleep(afterMs).then(() => {
      life.isOver = true;
      return 'killed' as const;
    });
    return this.clock.run(Promise.race([job, end]));
  }

  recordOf(node: bigint): RunRecord | undefined {
    return this.journal.records.get(wireKey('key', { ...rollPlan(), nodes: [node] }));
  }
}

/** The tools of a process that may be killed: what has been sent arrives all the same. */
function mortal(tools: RollTools, life: { isOver: boolean }): RollTools {
  const alive = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      work.then(
        (value) => life.isOver || resolve(value),
        (error: unknown) => life.isOver || reject(error as Error),
      );
    });
  const call = <T>(work: () => Promise<T>): Promise<T> => (life.isOver ? never : alive(work()));
  const clock: Clock = {
    now: () => tools.clock.now(),
    elapsed: () => tools.clock.elapsed(),
    sleep: (ms, signal) => call(() => tools.clock.sleep(ms, signal)),
  };
  const supervisor: Supervisor = {
    trigger: (request, options) => call(() => tools.supervisor.trigger(request, options)),
    list: (deploymentId, query, options) => call(() => tools.supervisor.list(deploymentId, query, options)),
  };
  const journal: RunJournal = {
    read: (key) => call(async () => tools.journal?.read(key) ?? null),
    update: (key, change) => call(async () => tools.journal?.update(key, change) ?? null),
  };
  return { ...tools, clock, supervisor, journal };
}

describe('a roll that was killed, and is started again with the same key', () => {
  for (const maxUnavailable of [1, 3]) {
    it(`acts on no node twice and forgets none, at any of 60 moments, ${maxUnavailable} at a time`, async () => {
      const random = seededRandom(17 * maxUnavailable);
      for (let round = 0; round < 60; round++) {
        const world = new World();
        world.supervisor.postMs = Math.floor(random() * 800);
        world.supervisor.readMs = Math.floor(random() * 200);
        for (const node of rollPlan().nodes) {
          world.supervisor.behaviour.set(node, {
            appearMs: Math.floor(random() * 2000),
            workMs: Math.floor(random() * 6000),
          });
        }
        const changes = { maxUnavailable, gate: random() < 0.5 ? world.gate(Math.floor(random() * 1000)) : null };
        const moments = [random() * 60_000, random() * 60_000];
        for (const moment of moments) {
          if ((await world.rollAndKill(moment, changes)) !== 'killed') break;
          await world.clock.run(world.clock.sleep(random() * 5 * 60_000));
        }
        const { result, exitCode } = await world.roll(changes);
        const about = `round ${round}, killed after ${moments.join(' and ')} ms`;
        assert.equal(exitCode, 0, about);
        assert.deepEqual(
          [...world.timesActedOn].sort(),
          rollPlan().nodes.map((node) => [node, 1]),
          about,
        );
        assert.ok(
          result.nodes.every(({ status, ambiguous }) => status === 'completed' && !ambiguous),
          about,
        );
      }
    });
  }

  it('never has more underway than before and after together allow', async () => {
    const world = new World();
    for (const node of rollPlan().nodes) world.supervisor.behaviour.set(node, { workMs: 30_000 });
    await world.rollAndKill(10_000, { maxUnavailable: 2 });
    const { exitCode } = await world.roll({ maxUnavailable: 2 });
    assert.equal(exitCode, 0);
    assert.equal(world.mostAtOnce, 2);
  });

  it('does not ask the gates again that let it go on, and asks those that were not asked to their end', async () => {
    const world = new World();
    const gate = world.gate(5000);
    // Node 1 takes some 3 s and its gate 5 s; so this is in the gate of node 2.
    await world.rollAndKill(14_000, { gate });
    assert.deepEqual(
      world.asked.map(({ nodeId }) => nodeId),
      [1n, 2n],
    );
    assert.deepEqual([world.recordOf(1n)?.state, world.recordOf(2n)?.state], ['passed', 'accepted']);
    for (const again of ['once', 'and once more']) {
      world.asked.length = 0;
      const { exitCode, result } = await world.roll({ gate });
      assert.equal(exitCode, 0);
      const asked = again === 'once' ? rollPlan().nodes.slice(1) : [];
      assert.deepEqual(
        world.asked.map(({ nodeId }) => nodeId),
        asked,
        again,
      );
      // That it had passed is said of the earlier run; it was asked once.
      assert.deepEqual(result.nodes[0]?.gate, gateEnd());
    }
  });

  it('does not pause again after nodes that are done', async () => {
    const world = new World();
    const changes = { nodes: nodesUpTo(40), maxUnavailable: 10, pauseMs: 30_000 };
    await world.roll(changes);
    const begunAt = world.clock.now();
    assert.equal((await world.roll(changes)).exitCode, 0);
    assert.ok(world.clock.now() - begunAt < 10_000, 'what is done takes a look, and no POST’s turn');
    assert.equal(world.supervisor.posts.length, 40);
  });

  it('says when a node was begun by the earlier run', async () => {
    const world = new World();
    await world.rollAndKill(4000);
    const before = world.supervisor.postTimes[0] ?? 0;
    await world.clock.run(world.clock.sleep(3_600_000));
    const { result } = await world.roll();
    assert.ok(Math.abs(Date.parse(result.nodes[0]?.started_at ?? '') - before) < 1000);
  });

  it('stops at a node that was rejected meanwhile: 3, and none is begun', async () => {
    const world = new World();
    world.supervisor.behaviour.set(1n, { workMs: 20_000, result: 'rejected' });
    await world.rollAndKill(5000);
    const { exitCode, result } = await world.roll();
    assert.equal(exitCode, 3);
    assert.deepEqual(world.postedTo, [1n]);
    assert.equal(result.resume, 'roll 2,3,4,5,6,7,8,9');
  });

  it('ends with 7 when the log cannot be read: what the earlier run sent is not nothing', async () => {
    for (const error of [apiError(401), apiError(404)]) {
      const world = new World();
      await world.rollAndKill(5000);
      const posts = world.supervisor.posts.length;
      world.supervisor.nextReads(...Array.from({ length: 4 }, () => () => Promise.reject(error)));
      const report = await world.roll();
      assert.equal(report.exitCode, 7);
      assert.equal(report.error, error);
      assert.equal(world.supervisor.posts.length, posts);
      assert.equal(report.result.resume, 'roll 1,2,3,4,5,6,7,8,9');
    }
  });

  it('says of a roll that was interrupted right away which nodes were begun before', async () => {
    const world = new World();
    for (const node of nodesUpTo(9)) world.supervisor.behaviour.set(node, { workMs: 60_000 });
    await world.rollAndKill(5000, { maxUnavailable: 2 });
    world.interrupt('SIGTERM');
    const { exitCode, result } = await world.roll({ maxUnavailable: 2 });
    assert.equal(exitCode, 143);
    assert.deepEqual(
      result.nodes.slice(0, 3).map(({ status }) => status),
      [null, null, 'not_started'],
    );
    assert.equal(result.resume, 'roll 1,2,3,4,5,6,7,8,9');
  });

  it('does not send again what the server may have forgotten', async () => {
    const world = new World();
    world.supervisor.behaviour.set(1n, { missing: true });
    // Killed while the answer is on its way: the record says no more than that it was about to be sent.
    world.supervisor.postMs = 20_000;
    await world.rollAndKill(2000);
    assert.equal(world.recordOf(1n)?.state, 'posting');
    await world.clock.run(world.clock.sleep(9 * 60_000));
    const { exitCode } = await world.roll();
    assert.equal(exitCode, 7);
    assert.equal(world.supervisor.posts.length, 1);
  });
});

describe('the command that goes on with a roll, with a caller’s key', () => {
  it('is the same roll over all that is not done: running, unknown, ungated and waiting nodes', async () => {
    const world = new World();
    world.supervisor.behaviour.set(1n, { workMs: 20_000 });
    world.supervisor.behaviour.set(2n, { missing: true });
    world.supervisor.behaviour.set(4n, { result: 'rejected', workMs: 40_000 });
    const gate = world.gate(10, (node) => (node === 3n ? 1 : 0));
    const { exitCode, result } = await world.roll({ maxUnavailable: 4, gate });
    assert.equal(exitCode, 7);
    const firstFive = result.nodes.slice(0, 5).map(({ status }) => status);
    assert.deepEqual(firstFive, ['completed', 'missing', 'completed', 'rejected', 'not_started']);
    // The gate after node 1 was not asked, since the roll had been halted by then.
    assert.equal(result.resume, 'roll 1,2,3,5,6,7,8,9');
  });

  it('asks a gate again that has failed, and acts on its node no more', async () => {
    const world = new World();
    const nodes = [1n, 2n];
    const halted = await world.roll({ nodes, gate: world.gate(10, () => 1) });
    assert.deepEqual([halted.exitCode, halted.result.resume], [9, 'roll 1,2']);
    const { exitCode } = await world.roll({ nodes, gate: world.gate(10) });
    assert.equal(exitCode, 0);
    assert.deepEqual(world.postedTo, [1n, 2n]);
  });

  it('is none when all that is left was rejected', async () => {
    const world = new World();
    world.supervisor.behaviour.set(2n, { result: 'rejected' });
    const { result } = await world.roll({ nodes: [1n, 2n] });
    assert.equal(result.resume, null);
  });
});

describe('a roll with a caller’s key that another machine began', () => {
  it('takes a replayed answer for what it is, and finds the entries below its own baseline', async () => {
    const world = new World();
    const nodes = [1n, 2n, 3n];
    await world.roll({ nodes });
    world.journal.records.clear();
    const { exitCode } = await world.roll({ nodes });
    assert.equal(exitCode, 0);
    assert.deepEqual(
      [...world.timesActedOn],
      nodes.map((node) => [node, 1]),
    );
    const replayed = world.events.filter((event) => event.event === 'dispatched' && event.replayed);
    assert.equal(replayed.length, 3);
  });

  it('leaves no record of a node that refused it', async () => {
    const world = new World();
    world.supervisor.nextPosts(world.supervisor.carryOut, failing(apiError(403)));
    await world.roll({ nodes: [1n, 2n] });
    assert.deepEqual([world.recordOf(1n)?.state, world.recordOf(2n)], ['passed', undefined]);
  });
});
