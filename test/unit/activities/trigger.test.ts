import assert from 'node:assert/strict';
import { type ResultEvent } from '../../../src/base/progress.js';
import { trigger } from '../../../src/activities/trigger.js';
import { wireKey } from '../../../src/activities/wire-key.js';
import { Interrupted } from '../../../src/base/errors.js';
import { type JobEvent } from '../../../src/base/progress.js';
import {
  accepted,
  apiError,
  failing,
  failingRead,
  inProgress,
  lost,
  nonsense,
  refused,
  type PostStep,
} from '../../helpers/fake-supervisor.js';
import { JobBench, plan, statuses } from '../../helpers/run.js';

const HOUR = 3_600_000;

/** A trigger run in virtual time against a log with some history of the nodes 1, 2 and 3. */
class World extends JobBench {
  readonly start = this.clock.elapsed();
  baseline: bigint;

  constructor(history = 6) {
    super();
    this.supervisor.addHistory(history, { createdAt: this.clock.now() - HOUR });
    this.baseline = this.supervisor.entries.at(-1)?.activity.id ?? 0n;
  }

  async trigger(changes: Parameters<typeof plan>[0] = {}, onEvent?: (event: JobEvent) => void): Promise<ResultEvent> {
    const report = await this.run(trigger(plan(changes), this.tools()), onEvent);
    assert.equal(this.clock.asleep, 0, 'a timer was left behind');
    return report;
  }

  since(): number {
    return this.clock.elapsed() - this.start;
  }
}

for (const order of ['asc', 'desc'] as const) {
  describe(`trigger, ${order} log`, () => {
    function world(history?: number): World {
      const made = new World(history);
      made.supervisor.order = order;
      return made;
    }

    it('named nodes: completed, with all that is known', async () => {
      const run = world();
      const report = await run.trigger({ nodes: [2n, 1n] });
      assert.equal(report.exitCode, 0);
      assert.equal(report.error, null);
      const { nodes, ...rest } = report.result;
      assert.deepEqual(rest, {
        outcome: 'completed',
        runtime: 'iggy',
        action: 'restart',
        deployment_id: 71n,
        idempotency_key: 'key',
        targets: 'named',
        replayed: false,
        recovered: false,
        request_id: 'f00d',
        resume: null,
      });
      const own = run.supervisor.entries.slice(-2).map(({ activity }) => activity);
      assert.deepEqual(
        nodes.map(({ node_id, activity_id, status, ambiguous }) => [node_id, activity_id, status, ambiguous]),
        [
          [2n, own[1]?.id, 'completed', false],
          [1n, own[0]?.id, 'completed', false],
        ],
      );
      assert.ok(run.since() >= 2000 && run.since() < 2500, String(run.since()));
      assert.deepEqual(run.changes, ['1:processing', '2:processing', '1:completed', '2:completed']);
    });

    it('emits baseline and key before anything is sent', async () => {
      const run = world();
      await run.trigger({}, (event) => {
        if (event.event === 'baseline') assert.equal(run.supervisor.posts.length, 0);
      });
      assert.deepEqual(run.events[0], { event: 'baseline', baseline: run.baseline, idempotencyKey: 'key' });
      assert.deepEqual(run.events[1], { event: 'dispatched', request_id: 'f00d', replayed: false, recovered: false });
    });

    it('sends the derived key, and each node once, ascending', async () => {
      const run = world();
      await run.trigger({ nodes: [3n, 1n, 3n] });
      const [post] = run.supervisor.posts;
      assert.deepEqual(post?.nodes, [1n, 3n]);
      assert.equal(post.wireKey, wireKey('key', plan({ nodes: [1n, 3n] })));
    });

    it('every node: sends no list, and waits for all that the baseline names', async () => {
      const run = world();
      const report = await run.trigger({ nodes: null });
      assert.equal(run.supervisor.posts[0]?.nodes, null);
      assert.equal(report.exitCode, 0);
      assert.equal(report.result.targets, 'observed');
      assert.deepEqual(statuses(report), ['1:completed', '2:completed', '3:completed']);
      assert.ok(run.since() >= 5000 && run.since() < 6000, String(run.since()));
    });

    it('every node, nothing known of them: 10 s', async () => {
      const run = world(0);
      const report = await run.trigger({ nodes: null });
      assert.equal(report.exitCode, 0);
      assert.ok(run.since() >= 10_000 && run.since() < 11_000, String(run.since()));
    });

    it('every node, a late entry: waits for it, and 3 s more', async () => {
      const run = world();
      run.supervisor.behaviour.set(2n, { appearMs: 20_000, workMs: 1000, result: 'rejected' });
      const report = await run.trigger({ nodes: null });
      assert.equal(report.exitCode, 3);
      assert.deepEqual(statuses(report), ['1:completed', '2:rejected', '3:completed']);
      assert.ok(run.since() >= 23_000);
    });

    it('every node, an entry that never appears: 7, missing, and how to go on', async () => {
      const run = world();
      run.supervisor.behaviour.set(2n, { missing: true });
      const report = await run.trigger({ nodes: null });
      assert.equal(report.exitCode, 7);
      assert.equal(report.result.outcome, 'unconfirmed');
      assert.deepEqual(statuses(report), ['1:completed', '2:missing', '3:completed']);
      assert.equal(report.result.resume, `wait --after ${run.baseline} expect -`);
    });

    it('every node, nothing appears at all: 7, and no node is invented', async () => {
      const run = world(0);
      run.supervisor.nodes = [];
      const report = await run.trigger({ nodes: null });
      assert.equal(report.exitCode, 7);
      assert.deepEqual(report.result.nodes, []);
    });

    it('--expect-nodes: the count decides', async () => {
      const all = await world().trigger({ nodes: null, expectNodes: 3 });
      assert.deepEqual([all.exitCode, all.result.targets], [0, 'expected']);
      const run = world();
      const fewer = await run.trigger({ nodes: null, expectNodes: 4 });
      assert.equal(fewer.exitCode, 7);
      assert.deepEqual(statuses(fewer), ['1:completed', '2:completed', '3:completed', '?:missing']);
      assert.equal(fewer.result.resume, `wait --after ${run.baseline} expect 4`);
      const surplus = world();
      surplus.supervisor.behaviour.set(3n, { result: 'rejected' });
      const more = await surplus.trigger({ nodes: null, expectNodes: 2 });
      assert.equal(more.exitCode, 3);
      assert.ok(surplus.warnings.includes('more_than_expected'));
    });

    it('other operators in between are never mistaken for it', async () => {
      const run = world();
      run.supervisor.nextPosts((request) => {
        run.supervisor.add({ node: 1n, action: 'stop', status: 'rejected' });
        run.supervisor.add({ node: 1n, runtime: 'connectors', status: 'rejected' });
        run.supervisor.add({ node: 2n, status: 'rejected' });
        const answer = run.supervisor.carryOut(request);
        for (let index = 0; index < 130; index++) run.supervisor.add({ node: 3n, status: 'processing' });
        return answer;
      });
      const report = await run.trigger({ nodes: [1n] });
      assert.equal(report.exitCode, 0);
      assert.deepEqual(statuses(report), ['1:completed']);
      assert.deepEqual(run.warnings, []);
    });

    it('somebody who did the same just then cannot be told apart: the worse counts', async () => {
      const run = world();
      run.supervisor.nextPosts((request) => {
        run.supervisor.add({ node: 1n, status: 'processing', then: [[9000, 'rejected']] });
        return run.supervisor.carryOut(request);
      });
      const report = await run.trigger({ nodes: [1n] });
      assert.equal(report.exitCode, 3);
      assert.deepEqual(
        report.result.nodes.map(({ ambiguous }) => ambiguous),
        [true],
      );
      assert.deepEqual(run.warnings, ['ambiguous']);
    });

    it('a stuck node: 8 at the deadline, and its ids to go on with', async () => {
      const run = world();
      run.supervisor.behaviour.set(1n, { workMs: null });
      const report = await run.trigger({
        nodes: [1n, 2n],
        limits: { timeoutMs: 5000, intervalMs: null, appearTimeoutMs: 30_000 },
      });
      assert.equal(report.exitCode, 8);
      assert.equal(report.result.outcome, 'timed_out');
      assert.equal(run.since(), 5000);
      const ids = run.supervisor.entries.slice(-2).map(({ activity }) => activity.id);
      assert.equal(report.result.resume, `wait ${ids.join(' ')}`);
    });

    it('a deadline before an entry appeared: missing, and the baseline to go on from', async () => {
      const run = world();
      run.supervisor.behaviour.set(1n, { appearMs: 9000 });
      const report = await run.trigger({ limits: { timeoutMs: 5000, intervalMs: null, appearTimeoutMs: 30_000 } });
      assert.equal(report.exitCode, 7);
      assert.deepEqual(statuses(report), ['1:missing']);
      assert.equal(report.result.resume, `wait --after ${run.baseline} nodes 1`);
    });

    it('a deadline before 2 s have passed is no 0, although all is completed', async () => {
      const run = world();
      run.supervisor.behaviour.set(1n, { appearMs: 0, workMs: 100 });
      const report = await run.trigger({ limits: { timeoutMs: 1500, intervalMs: null, appearTimeoutMs: 30_000 } });
      assert.equal(report.exitCode, 8);
      assert.notEqual(report.result.resume, null);
    });

    it('rejected and missing: 7; rejected and still processing: 3', async () => {
      const missing = world();
      missing.supervisor.behaviour.set(1n, { result: 'rejected' }).set(2n, { missing: true });
      assert.equal((await missing.trigger({ nodes: [1n, 2n] })).exitCode, 7);
      const processing = world();
      processing.supervisor.behaviour.set(1n, { result: 'rejected' }).set(2n, { workMs: null });
      const report = await processing.trigger({ nodes: [1n, 2n] });
      assert.equal(report.exitCode, 3);
      assert.notEqual(report.result.resume, null);
    });

    it('an entry that vanishes before it is final: 7', async () => {
      const run = world();
      run.supervisor.nextPosts(() => {
        run.supervisor.add({ node: 1n, status: 'processing', vanishMs: 3000 });
        return accepted();
      });
      const report = await run.trigger();
      assert.equal(report.exitCode, 7);
      assert.deepEqual(statuses(report), ['1:missing']);
      assert.deepEqual(run.warnings, ['entry_vanished']);
      // Its id is known, and of no use: the log does not show it.
      assert.equal(report.result.resume, `wait --after ${run.baseline} nodes 1`);
    });

    it('emits the targets before anything is known of them', async () => {
      const run = world();
      await run.trigger({ nodes: [2n, 1n] });
      const pictures = run.events.flatMap((event) => (event.event === 'progress' ? [event.nodes] : []));
      assert.deepEqual(
        pictures[0]?.map(({ node_id, status }) => [node_id, status]),
        [
          [2n, null],
          [1n, null],
        ],
      );
    });

    it('a status that goes back from final is not believed', async () => {
      const run = world();
      run.supervisor.nextPosts(() => {
        run.supervisor.add({ node: 1n, status: 'completed', then: [[600, 'processing']] });
        run.supervisor.add({ node: 2n, status: 'processing', then: [[3000, 'completed']] });
        return accepted();
      });
      const report = await run.trigger({ nodes: [1n, 2n] });
      assert.equal(report.exitCode, 0);
      assert.ok(run.warnings.includes('status_went_back'));
    });

    it('a server whose clock is hours off makes no difference', async () => {
      for (const skew of [-5 * HOUR, 5 * HOUR]) {
        const run = world();
        run.supervisor.nextPosts((request) => {
          const answer = run.supervisor.carryOut(request);
          const entry = run.supervisor.entries.at(-1);
          if (entry) entry.activity.created_at = new Date(run.clock.now() + skew).toISOString();
          return { ...answer, serverTime: run.clock.now() + skew };
        });
        assert.equal((await run.trigger()).exitCode, 0);
      }
    });
  });
}

describe('trigger, when the POST goes wrong', () => {
  it('a definite no is thrown, with nothing carried out', async () => {
    const run = new World();
    run.supervisor.nextPosts(failing(apiError(403)));
    await assert.rejects(run.trigger(), { status: 403, exitCode: 4 });
  });

  for (const [error, exitCode] of [
    [refused(), 6],
    [apiError(429), 6],
  ] as const) {
    it(`${error.code} to the end of the tries: ${exitCode}`, async () => {
      const run = new World();
      run.supervisor.nextPosts(...Array<PostStep>(40).fill(failing(error)));
      await assert.rejects(run.trigger(), { exitCode });
    });
  }

  it('in progress to the end of the tries: 7, since something of it runs', async () => {
    const run = new World();
    run.supervisor.nextPosts(...Array<PostStep>(40).fill(failing(inProgress())));
    const report = await run.trigger();
    assert.equal(report.exitCode, 7);
    assert.equal(report.error?.code, 'idempotent_request_in_progress');
  });

  it('a baseline that cannot be read: nothing is sent', async () => {
    const run = new World();
    run.supervisor.nextReads(failingRead(apiError(500)));
    await assert.rejects(run.trigger(), { exitCode: 6 });
    assert.equal(run.supervisor.posts.length, 0);
  });

  for (const error of [lost(), nonsense(), apiError(503), apiError(408)]) {
    it(`${error.code}, carried out: recovered from the log, sent once`, async () => {
      const run = new World();
      run.supervisor.nextPosts(failing(error, run.supervisor.carryOut));
      const report = await run.trigger();
      assert.equal(report.exitCode, 0);
      assert.equal(run.supervisor.posts.length, 1);
      assert.deepEqual(
        [report.result.recovered, report.result.replayed, report.result.request_id],
        [true, false, null],
      );
    });

    it(`${error.code}, not carried out: sent again after the read, carried out once`, async () => {
      const run = new World();
      run.supervisor.nextPosts(failing(error));
      const report = await run.trigger();
      assert.equal(report.exitCode, 0);
      assert.deepEqual([run.supervisor.posts.length, run.supervisor.dispatched], [2, 1]);
      assert.equal(report.result.recovered, false);
      assert.equal(new Set(run.supervisor.posts.map((post) => post.wireKey)).size, 1);
    });
  }

  it('lost, and its entries up to 3 s late: recovered', async () => {
    const run = new World();
    run.supervisor.behaviour.set(1n, { appearMs: 3000 });
    run.supervisor.nextPosts(failing(lost(), run.supervisor.carryOut));
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, run.supervisor.posts.length], [0, 1]);
  });

  it('lost, and the log unreadable: 7 with its reason and the way on, sent once', async () => {
    const run = new World();
    run.supervisor.nextPosts((request) => {
      run.supervisor.beforeRead = () => {
        throw apiError(503);
      };
      return failing(lost(), run.supervisor.carryOut)(request);
    });
    const report = await run.trigger();
    assert.equal(report.exitCode, 7);
    assert.equal(report.error?.code, 'reset');
    assert.equal(run.supervisor.posts.length, 1);
    assert.deepEqual(statuses(report), ['1:-']);
    assert.deepEqual([report.result.replayed, report.result.recovered], [null, null]);
    assert.equal(report.result.resume, `wait --after ${run.baseline} nodes 1`);
  });

  it('lost, then a definite no: 7 with that reason', async () => {
    const run = new World();
    run.supervisor.nextPosts(failing(lost()), failing(apiError(403)));
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.error?.code, report.result.request_id], [7, 'http_403', 'request-403']);
  });

  it('an answer that took long: what somebody did meanwhile is not taken for its own entry, however late that is', async () => {
    const run = new World();
    run.supervisor.behaviour.set(1n, { appearMs: 9000, workMs: 6000, result: 'rejected' });
    run.supervisor.nextPosts(failing(apiError(429, { retryAfterMs: 60_000 })));
    void run.clock.sleep(30_000).then(() => run.supervisor.add({ node: 1n, status: 'completed' }));
    const report = await run.trigger();
    assert.equal(report.exitCode, 3);
    assert.deepEqual(
      report.result.nodes.map(({ ambiguous }) => ambiguous),
      [false],
    );
  });

  it('a read before another try that fails is itself tried again, and nothing is sent meanwhile', async () => {
    const run = new World();
    const down = apiError(503);
    run.supervisor.nextPosts(failing(apiError(429, { retryAfterMs: 10_000 })));
    const report = await run.trigger({}, (event) => {
      if (event.event === 'warning' && run.supervisor.posts.length === 1) run.supervisor.nextReads(failingRead(down));
    });
    assert.deepEqual([report.exitCode, run.supervisor.dispatched, run.supervisor.posts.length], [0, 1, 2]);
  });

  it('one that fails for good ends it, and nothing was sent', async () => {
    const run = new World();
    run.supervisor.nextPosts(failing(apiError(429, { retryAfterMs: 10_000 })));
    const ended = run.trigger({}, (event) => {
      if (event.event === 'warning') run.supervisor.nextReads(failingRead(apiError(403)));
    });
    await assert.rejects(ended, { status: 403 });
    assert.equal(run.supervisor.posts.length, 1);
  });

  it('a machine that sleeps for an hour after a lost POST sends nothing more', async () => {
    const run = new World();
    run.supervisor.nextPosts(failing(lost()));
    const report = await run.trigger({}, (event) => {
      if (event.event === 'warning' && event.code === 'fate_unknown') run.clock.shut(HOUR);
    });
    assert.equal(report.exitCode, 7);
    assert.equal(run.supervisor.posts.length, 1);
  });
});

describe('trigger --no-wait', () => {
  it('ends at the 202, and says how to go on', async () => {
    const run = new World();
    const report = await run.trigger({ wait: false, nodes: [1n, 2n] });
    assert.deepEqual([report.exitCode, report.result.outcome], [0, 'accepted']);
    assert.deepEqual(statuses(report), ['1:-', '2:-']);
    assert.equal(report.result.resume, `wait --after ${run.baseline} nodes 1,2`);
    assert.equal(run.since(), 0);
  });

  it('when it is not known whether it was accepted: 7', async () => {
    const run = new World();
    run.supervisor.nextPosts(failing(lost()), failing(apiError(403)));
    assert.equal((await run.trigger({ wait: false })).exitCode, 7);
  });
});

describe('trigger, when the log cannot be read any more', () => {
  it('60 s without a good poll: 7 with what is known, and the reason', async () => {
    const run = new World();
    run.supervisor.behaviour.set(1n, { workMs: null });
    void run.clock.sleep(10_000).then(() => {
      run.supervisor.beforeRead = () => {
        throw apiError(502);
      };
    });
    const report = await run.trigger({ nodes: [1n, 2n] });
    assert.equal(report.exitCode, 7);
    assert.equal(report.error?.code, 'http_502');
    assert.deepEqual(statuses(report), ['1:processing', '2:completed']);
    assert.match(report.result.resume ?? '', /^wait \d+ \d+$/);
  });

  it('a key that is revoked meanwhile: 7 at once, not 4', async () => {
    const run = new World();
    run.supervisor.behaviour.set(1n, { workMs: null });
    void run.clock.sleep(10_000).then(() => {
      run.supervisor.beforeRead = () => {
        throw apiError(401);
      };
    });
    const report = await run.trigger();
    assert.deepEqual([report.exitCode, report.error?.code], [7, 'http_401']);
    assert.ok(run.since() < 15_100);
  });

  it('a machine that sleeps while it follows: polls once after waking', async () => {
    const run = new World();
    run.supervisor.behaviour.set(1n, { workMs: 20_000 });
    void run.clock.sleep(5000).then(() => run.clock.shut(HOUR));
    assert.equal((await run.trigger()).exitCode, 0);
  });
});

describe('trigger, interrupted', () => {
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`${signal} before anything is sent: thrown, and nothing is`, async () => {
      const run = new World();
      const reason = new Interrupted(signal);
      await assert.rejects(
        run.trigger({}, (event) => {
          if (event.event === 'baseline') run.stop.abort(reason);
        }),
        reason,
      );
      assert.equal(run.supervisor.posts.length, 0);
    });

    it(`${signal} while the log is read before: thrown`, async () => {
      const run = new World();
      run.supervisor.readMs = 1000;
      const reason = new Interrupted(signal);
      void run.clock.sleep(500).then(() => run.stop.abort(reason));
      await assert.rejects(run.trigger(), reason);
    });

    it(`${signal} during the POST, the read, or following: a result with the way on`, async () => {
      for (const at of [500, 1500, 9000]) {
        const run = new World();
        run.supervisor.postMs = 1000;
        run.supervisor.behaviour.set(1n, { workMs: null });
        run.supervisor.nextPosts(failing(lost()));
        void run.clock.sleep(at).then(() => run.stop.abort(new Interrupted(signal)));
        const report = await run.trigger();
        assert.equal(report.exitCode, exitCode);
        assert.equal(report.result.outcome, 'interrupted');
        assert.notEqual(report.result.resume, null);
        assert.equal(run.since(), at);
      }
    });

    it(`${signal} once all is completed but not yet certain: interrupted all the same`, async () => {
      const run = new World();
      run.supervisor.behaviour.set(1n, { appearMs: 0, workMs: 0 });
      void run.clock.sleep(1900).then(() => run.stop.abort(new Interrupted(signal)));
      assert.equal((await run.trigger()).exitCode, exitCode);
    });
  }
});

describe('trigger, at a fault of its own after it was sent', () => {
  it('ends in a result: 7, with the reason and the way on', async () => {
    const broken = new TypeError('x is not a function');
    const spots: Array<(run: World) => void> = [
      (run) => run.supervisor.nextPosts(failing(broken, run.supervisor.carryOut)),
      (run) => {
        run.supervisor.nextPosts((request) => {
          run.supervisor.nextReads(failingRead(broken));
          return run.supervisor.carryOut(request);
        });
      },
    ];
    for (const prepare of spots) {
      const run = new World();
      prepare(run);
      const report = await run.trigger();
      assert.equal(report.exitCode, 7);
      assert.equal(report.error?.cause, broken);
      assert.equal(report.result.resume, `wait --after ${run.baseline} nodes 1`);
    }
  });

  it('before it was sent it is thrown as it is', async () => {
    const run = new World();
    const broken = new TypeError('x is not a function');
    run.supervisor.nextReads(failingRead(broken));
    await assert.rejects(run.trigger(), broken);
  });
});
