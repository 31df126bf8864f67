import assert from 'node:assert/strict';
import { dispatch, type DispatchOutcome } from '../../../src/activities/dispatch.js';
import { type Clearance, type EarlierTry, type Tried } from '../../../src/activities/starting-point.js';
import { Interrupted, LdctlError, RedirectError, TransportError } from '../../../src/base/errors.js';
import { type RunStep } from '../../../src/base/progress.js';
import { type WireTrigger } from '../../../src/base/supervisor.js';
import { VirtualClock } from '../../helpers/clock.js';
import {
  accepted,
  apiError,
  failing,
  FakeSupervisor,
  inProgress,
  lost,
  nonsense,
  refused,
  type PostStep,
} from '../../helpers/fake-supervisor.js';

const REQUEST: WireTrigger = {
  deploymentId: 71n,
  runtime: 'iggy',
  action: { verb: 'restart' },
  nodes: [1n],
  wireKey: 'key.digest',
};
const MINUTE = 60_000;
const APPEAR_MS = 30_000;
const say202: PostStep = () => accepted();

/** Goes through all events, and hands back what the generator returns. */
async function returnOf<E, T>(events: AsyncGenerator<E, T>, onEvent: (event: E) => void): Promise<T> {
  let next = await events.next();
  for (; !next.done; next = await events.next()) onEvent(next.value);
  return next.value;
}

/** A dispatch with scripted answers; a read of the log shows what `isInLog` says at that time, and throws when it throws. */
class World {
  readonly clock = new VirtualClock();
  readonly supervisor = new FakeSupervisor(this.clock);
  readonly stop = new AbortController();
  readonly reads: number[] = [];
  readonly events: RunStep[] = [];
  readonly start = this.clock.actual();
  isInLog: () => boolean = () => false;
  mayPost: (() => Promise<boolean>) | undefined;
  earlier: EarlierTry | null = null;
  clearance: (tried: Tried) => Clearance = () => 'go';

  constructor(...posts: PostStep[]) {
    this.supervisor.nextPosts(...posts);
  }

  async run(onEvent: (event: RunStep) => void = () => undefined): Promise<DispatchOutcome> {
    const tools = {
      supervisor: this.supervisor,
      clock: this.clock,
      signal: this.stop.signal,
      mayPost: this.mayPost,
      clear: (tried: Tried) => this.#clear(tried),
      appearTimeoutMs: APPEAR_MS,
      random: () => 0.5,
      isInLog: (signal: AbortSignal) => {
        signal.throwIfAborted();
        this.reads.push(this.since());
        return Promise.resolve(this.isInLog());
      },
    };
    const end = await this.clock.run(
      returnOf(dispatch(REQUEST, tools, this.earlier), (event) => {
        this.events.push(event);
        onEvent(event);
      }),
    );
    assert.equal(this.clock.asleep, 0);
    return end;
  }

  async *#clear(tried: Tried): AsyncGenerator<RunStep, Clearance> {
    yield* [];
    return Promise.resolve(this.clearance(tried));
  }

  since(): number {
    return this.clock.actual() - this.start;
  }

  get postedAt(): number[] {
    return this.supervisor.postTimes.map((at) => at - this.start);
  }

  get warnings(): string[] {
    return this.events.flatMap((event) => (event.event === 'warning' ? [event.code] : []));
  }
}

describe('dispatch', () => {
  it('posts once when it is accepted', async () => {
    const world = new World(say202);
    assert.deepEqual(await world.run(), { kind: 'accepted', accepted: accepted(), onlyTry: true });
    assert.deepEqual(world.supervisor.posts, [REQUEST]);
    assert.deepEqual(world.reads, []);
    assert.deepEqual(world.events, []);
  });

  it('uses the same key and body for every try', async () => {
    const world = new World(failing(refused()), failing(apiError(429)), failing(inProgress()), failing(lost()), say202);
    assert.equal((await world.run()).kind, 'accepted');
    assert.deepEqual(world.supervisor.posts, Array(5).fill(REQUEST));
  });

  describe('when the request never left, or the server says not now', () => {
    for (const error of [refused(), apiError(429), apiError(425)]) {
      it(`${error.code}: tries again after a while, without a isInLog`, async () => {
        const world = new World(failing(error), failing(error), say202);
        const end = await world.run();
        assert.deepEqual(end, { kind: 'accepted', accepted: accepted(), onlyTry: true });
        assert.deepEqual(world.postedAt, [0, 500, 1250]);
        assert.deepEqual(world.reads, []);
        assert.deepEqual(world.warnings, ['not_sent', 'not_sent']);
      });
    }

    it('waits as long as the server asks', async () => {
      const world = new World(failing(apiError(429, { retryAfterMs: 30_000 })), say202);
      await world.run();
      assert.deepEqual(world.postedAt, [0, 30_000]);
    });

    it('stops 2 minutes after the first try: certainly not carried out', async () => {
      const world = new World(...Array<PostStep>(60).fill(failing(refused())));
      const end = await world.run();
      assert.equal(end.kind, 'refused');
      const last = world.postedAt.at(-1) ?? 0;
      assert.ok(last <= 2 * MINUTE && last > 2 * MINUTE - 5000, `the last try was at ${last}`);
      assert.ok(world.since() <= 2 * MINUTE);
    });

    it('stops at once when a longer wait is asked for', async () => {
      const error = apiError(429, { retryAfterMs: 2 * MINUTE + 1 });
      const world = new World(failing(error));
      assert.deepEqual(await world.run(), { kind: 'refused', error });
      assert.equal(world.since(), 0);
      world.supervisor.verify();
    });

    it('a wait that ends right at the 2 minutes is still worth it', async () => {
      const world = new World(failing(apiError(429, { retryAfterMs: 2 * MINUTE })), say202);
      assert.equal((await world.run()).kind, 'accepted');
      assert.deepEqual(world.postedAt, [0, 2 * MINUTE]);
    });

    it('does not send again when the machine slept past the 2 minutes', async () => {
      const world = new World(failing(refused()));
      const end = await world.run((event) => {
        if (event.event === 'warning') world.clock.shut(60 * MINUTE);
      });
      assert.equal(end.kind, 'refused');
      assert.equal(world.supervisor.posts.length, 1);
    });

    it('in progress: another request of this trigger runs, so no end says that nothing was carried out', async () => {
      const world = new World(...Array<PostStep>(60).fill(failing(inProgress())));
      assert.equal((await world.run()).kind, 'unknown');
      assert.deepEqual(world.reads, []);
      const denied = new World(failing(inProgress()), failing(apiError(403)));
      assert.deepEqual(await denied.run(), { kind: 'unknown', error: apiError(403) });
    });

    it('in progress, then accepted: none of its own tries was lost', async () => {
      const world = new World(failing(inProgress()), () => accepted({ replayed: true }));
      const end = await world.run();
      assert.ok(end.kind === 'accepted' && end.onlyTry);
    });
  });

  describe('when it is a definite no', () => {
    for (const status of [400, 401, 403, 404, 409, 422]) {
      it(`${status}: stops with the reason`, async () => {
        const world = new World(failing(apiError(status)));
        assert.deepEqual(await world.run(), { kind: 'refused', error: apiError(status) });
        assert.equal(world.since(), 0);
      });
    }

    it('that a proxy will say every time ends it at once', async () => {
      const no = new TransportError('proxy_refused', 'the proxy answered 407', { sent: 'no', transient: false });
      const world = new World(failing(no));
      assert.deepEqual(await world.run(), { kind: 'refused', error: no });
      assert.equal(world.since(), 0);
    });

    it('after tries that never left, it is still one', async () => {
      const world = new World(failing(refused()), failing(apiError(429)), failing(apiError(403)));
      assert.equal((await world.run()).kind, 'refused');
    });

    it('after a lost one it proves nothing', async () => {
      const world = new World(failing(lost()), failing(apiError(403)));
      assert.deepEqual(await world.run(), { kind: 'unknown', error: apiError(403) });
    });

    it('not now until the tries end, after a lost one, proves nothing either', async () => {
      const world = new World(failing(lost()), ...Array<PostStep>(60).fill(failing(apiError(429))));
      assert.equal((await world.run()).kind, 'unknown');
    });
  });

  describe('when the answer tells nothing', () => {
    for (const error of [lost(), nonsense(), apiError(408), apiError(500), apiError(502), apiError(503)]) {
      it(`${error.code}: reads, and never sends again once the log shows the trigger`, async () => {
        const world = new World(failing(error));
        world.isInLog = () => world.since() >= 3000;
        assert.deepEqual(await world.run(), { kind: 'recovered' });
        assert.equal(world.supervisor.posts.length, 1);
        assert.deepEqual(world.warnings, ['fate_unknown']);
      });
    }

    it('sends again only after a successful read that began 5 s later shows nothing', async () => {
      const world = new World(failing(lost()), say202);
      const end = await world.run();
      assert.deepEqual(end, { kind: 'accepted', accepted: accepted(), onlyTry: false });
      assert.deepEqual(world.postedAt, [0, 5000]);
      assert.ok(world.reads.includes(5000), String(world.reads));
    });

    it('does not send again while the log cannot be read', async () => {
      const world = new World(failing(lost()), say202);
      world.isInLog = () => {
        if (world.since() < 40_000) throw apiError(503);
        return false;
      };
      assert.equal((await world.run()).kind, 'accepted');
      assert.ok((world.postedAt[1] ?? 0) >= 40_000, String(world.postedAt));
      assert.deepEqual(world.warnings, ['fate_unknown', 'look_failed']);
    });

    it('is unknown when the log cannot be read for 2 minutes', async () => {
      const world = new World(failing(lost()));
      world.isInLog = () => {
        throw apiError(503);
      };
      const end = await world.run();
      assert.equal(end.kind, 'unknown');
      assert.ok(world.since() <= 2 * MINUTE && world.since() > 2 * MINUTE - 6000, String(world.since()));
      assert.equal(world.supervisor.posts.length, 1);
    });

    for (const status of [401, 403, 404]) {
      it(`is unknown at once when the isInLog is answered ${status}`, async () => {
        const world = new World(failing(lost()));
        world.isInLog = () => {
          throw apiError(status);
        };
        assert.equal((await world.run()).kind, 'unknown');
        assert.equal(world.since(), 0);
      });
    }

    it('a isInLog that is to wait beyond the 2 minutes ends it at once', async () => {
      const world = new World(failing(lost()));
      world.isInLog = () => {
        throw apiError(429, { retryAfterMs: 60 * MINUTE });
      };
      assert.equal((await world.run()).kind, 'unknown');
      assert.equal(world.since(), 0);
    });

    it('waits as long as the 503 asked before it sends again, looking meanwhile', async () => {
      const world = new World(failing(apiError(503, { retryAfterMs: 20_000 })), say202);
      await world.run();
      assert.ok((world.postedAt[1] ?? 0) >= 20_000, String(world.postedAt));
      assert.ok(world.reads.length > 3);
    });

    it('is unknown after the isInLog when the 503 asks for longer than the tries last', async () => {
      const world = new World(failing(apiError(503, { retryAfterMs: 3 * MINUTE })));
      assert.equal((await world.run()).kind, 'unknown');
      assert.equal(world.since(), 5000);
    });

    it('reads before each further try, too', async () => {
      const world = new World(failing(lost()), failing(lost()), say202);
      await world.run();
      assert.deepEqual(world.postedAt, [0, 5000, 10_000]);
      assert.ok(world.reads.includes(10_000), String(world.reads));
    });

    it('not now after a lost one: reads again before it sends again', async () => {
      const world = new World(failing(lost()), failing(apiError(429)));
      world.isInLog = () => world.supervisor.posts.length === 2;
      assert.deepEqual(await world.run(), { kind: 'recovered' });
    });

    it('tries end 2 minutes after the first, then it is unknown', async () => {
      const world = new World(...Array<PostStep>(40).fill(failing(lost())));
      assert.equal((await world.run()).kind, 'unknown');
      assert.ok(world.postedAt.every((at) => at <= 2 * MINUTE));
      assert.equal(world.supervisor.posts.length, 25);
    });

    it('does not send again when the machine slept during the read', async () => {
      const world = new World(failing(lost()));
      world.isInLog = () => {
        if (world.since() >= 5000) world.clock.shut(60 * MINUTE);
        return false;
      };
      assert.equal((await world.run()).kind, 'unknown');
      assert.equal(world.supervisor.posts.length, 1);
    });

    it('when the machine slept during the POST, the log is still read at the right time', async () => {
      const world = new World((request) => {
        world.clock.shut(60 * MINUTE);
        return failing(lost())(request);
      });
      world.isInLog = () => world.since() >= 60 * MINUTE + 5000;
      assert.deepEqual(await world.run(), { kind: 'recovered' });
      assert.equal(world.supervisor.posts.length, 1);
    });
  });

  describe('with an earlier try of unknown fate', () => {
    const earlier = (resendableMs: number): EarlierTry => ({
      error: new LdctlError('unconfirmed', 'earlier_run', 'killed'),
      resendableMs,
    });

    it('reads before anything is sent', async () => {
      const world = new World(say202);
      world.earlier = earlier(Infinity);
      const end = await world.run();
      assert.ok(end.kind === 'accepted' && !end.onlyTry);
      assert.deepEqual(world.postedAt, [5000]);
    });

    it('sends nothing once the log shows it', async () => {
      const world = new World();
      world.earlier = earlier(Infinity);
      world.isInLog = () => true;
      assert.deepEqual(await world.run(), { kind: 'recovered' });
      assert.equal(world.supervisor.posts.length, 0);
    });

    it('sends nothing after the time, but reads', async () => {
      const world = new World();
      world.earlier = earlier(4999);
      assert.equal((await world.run()).kind, 'unknown');
      assert.ok(world.reads.includes(5000));
      assert.equal(world.supervisor.posts.length, 0);
    });

    it('sends up to that very moment', async () => {
      const world = new World(say202);
      world.earlier = earlier(5000);
      assert.equal((await world.run()).kind, 'accepted');
    });

    it('tolerates failing reads although nothing may be sent any more', async () => {
      const world = new World();
      world.earlier = earlier(-Infinity);
      world.isInLog = () => {
        if (world.since() < 30_000) throw apiError(503);
        return true;
      };
      assert.deepEqual(await world.run(), { kind: 'recovered' });
    });

    it('a definite no is none', async () => {
      const world = new World(failing(apiError(404)));
      world.earlier = earlier(Infinity);
      assert.equal((await world.run()).kind, 'unknown');
    });
  });

  describe('interrupted', () => {
    const stop = new Interrupted('SIGINT');

    it('before the first POST: nothing was sent', async () => {
      const world = new World();
      world.stop.abort(stop);
      assert.deepEqual(await world.run(), { kind: 'interrupted', reason: stop, sent: false });
      assert.equal(world.supervisor.posts.length, 0);
    });

    it('during the POST: it may have been sent', async () => {
      const world = new World(say202);
      world.supervisor.postMs = 1000;
      void world.clock.sleep(500).then(() => world.stop.abort(stop));
      assert.deepEqual(await world.run(), { kind: 'interrupted', reason: stop, sent: true });
      assert.equal(world.since(), 500);
    });

    it('while it waits after a request that never left: nothing was sent', async () => {
      const world = new World(failing(refused()));
      const end = await world.run((event) => {
        if (event.event === 'warning') world.stop.abort(stop);
      });
      assert.deepEqual(end, { kind: 'interrupted', reason: stop, sent: false });
      assert.equal(world.since(), 0);
    });

    it('while it waits for one in progress, or reads: it may have been sent', async () => {
      for (const error of [inProgress(), lost()]) {
        const world = new World(failing(error));
        void world.clock.sleep(200).then(() => world.stop.abort(stop));
        assert.deepEqual(await world.run(), { kind: 'interrupted', reason: stop, sent: true });
        assert.equal(world.since(), 200);
      }
    });

    it('with an earlier try: it may have been sent', async () => {
      const world = new World();
      world.earlier = { error: lost(), resendableMs: Infinity };
      world.stop.abort(stop);
      assert.deepEqual(await world.run(), { kind: 'interrupted', reason: stop, sent: true });
    });
  });

  describe('at a redirect, which may come after the action', () => {
    const error = new RedirectError('redirected', 302);

    it('sends nothing again, and lets the log decide for the appear timeout', async () => {
      const world = new World(failing(error));
      assert.deepEqual(await world.run(), { kind: 'unknown', error });
      assert.deepEqual([world.supervisor.posts.length, world.since()], [1, APPEAR_MS]);
      assert.deepEqual([world.reads[0], world.reads.at(-1)], [0, APPEAR_MS]);
      assert.deepEqual(world.warnings, ['fate_unknown']);
    });

    it('is accepted once the log shows it, however late', async () => {
      const world = new World(failing(error));
      world.isInLog = () => world.since() >= APPEAR_MS;
      assert.deepEqual(await world.run(), { kind: 'recovered' });
      assert.equal(world.supervisor.posts.length, 1);
    });

    it('stays unknown when the log cannot be read, no longer than that', async () => {
      const world = new World(failing(error));
      world.isInLog = () => {
        throw apiError(503);
      };
      assert.deepEqual(await world.run(), { kind: 'unknown', error });
      assert.ok(world.since() <= APPEAR_MS, String(world.since()));
      assert.equal(world.supervisor.posts.length, 1);
    });

    it('sends nothing again either when it comes after a lost answer', async () => {
      const world = new World(failing(lost()), failing(error));
      assert.deepEqual(await world.run(), { kind: 'unknown', error });
      assert.equal(world.supervisor.posts.length, 2);
    });
  });

  it('takes a definite no after a 499 for no proof', async () => {
    const no = apiError(422);
    const world = new World(failing(apiError(499)), failing(no));
    assert.deepEqual(await world.run(), { kind: 'unknown', error: no });
    assert.equal(world.reads.length > 0, true);
  });

  it('says why it does not know, why it sends again, and why it cannot read the log', async () => {
    const world = new World(failing(refused()), failing(lost()), say202);
    let reads = 0;
    world.isInLog = () => {
      if (reads++ < 2) throw apiError(503);
      return false;
    };
    await world.run();
    assert.deepEqual(
      world.events.map((event) => event.event === 'warning' && event.message),
      [
        'connection refused; trying again in 0.5s',
        'the connection was lost; looking at the log before anything is sent again',
        'cannot see the log just now: the API said 503',
      ],
    );
  });

  it('sends nothing when it is called off, and says so; after a lost one its fate stays unknown', async () => {
    const never = new World();
    never.mayPost = () => Promise.resolve(false);
    const end = await never.run();
    assert.ok(end.kind === 'refused');
    assert.deepEqual([end.error.code, end.error.exitCode], ['called_off', 5]);
    assert.match(end.error.message, /called off before it was sent/);
    const error = lost();
    const once = new World(failing(error));
    once.mayPost = () => Promise.resolve(once.supervisor.posts.length === 0);
    assert.deepEqual(await once.run(), { kind: 'unknown', error });
  });

  describe('at a fault of its own', () => {
    it('it is thrown as long as nothing was sent', async () => {
      const broken = new TypeError('x is not a function');
      const world = new World();
      world.mayPost = () => Promise.reject(broken);
      await assert.rejects(world.run(), broken);
    });

    it('it is not taken for a isInLog that failed', async () => {
      const broken = new TypeError('x is not a function');
      const world = new World(failing(lost()));
      world.isInLog = () => {
        throw broken;
      };
      const end = await world.run();
      assert.ok(end.kind === 'unknown' && end.error.cause === broken);
      assert.deepEqual(world.reads, [0]);
    });

    it('it is unknown once something may have been sent', async () => {
      const broken = new TypeError('x is not a function');
      for (const posts of [[failingWith(broken)], [failing(lost()), failingWith(broken)]]) {
        const end = await new World(...posts).run();
        assert.ok(end.kind === 'unknown' && end.error.cause === broken);
        assert.match(end.error.message, /x is not a function/);
      }
    });
  });
});

function failingWith(error: Error): PostStep {
  return () => {
    throw error;
  };
}
