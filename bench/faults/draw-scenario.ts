import { type Action } from '../../src/base/activity.js';
import { type Id } from '../../src/base/ids.js';
import { type Timing } from './sandbox.js';
import { nodeIds } from './sandbox.js';
import { Dice } from './dice.js';
import {
  LATEST_ENTRY_MS,
  type Life,
  type Rival,
  type Scenario,
  type ServerTraits,
  type TriggerTraits,
  type WireTraits,
} from './scenario.js';

const HOUR_MS = 3_600_000;

/** Draws the scenario of a seed: always the same one. */
export function scenarioOf(seed: number): Scenario {
  const dice = new Dice(seed);
  const plainServer = serverOf(dice.fork());
  const trigger = triggerOf(dice.fork(), plainServer);
  const server = withTimings(dice.fork(), plainServer, trigger);
  const lives = livesOf(dice.fork(), trigger, server);
  const wire = wireOf(dice.fork(), lives);
  const timed = dice.fork();
  // The machine that has the record and the one that has not must not be too far apart, see `livesOf`.
  const elsewhere = lives.some(({ machine }) => machine > 0);
  return {
    seed,
    server,
    trigger,
    wire,
    lives,
    interruptMs: timed.chance(0.08) ? timed.between(0, timed.pick([500, 3000, 20_000])) : null,
    sleep:
      timed.chance(0.1) && !elsewhere
        ? { afterMs: timed.between(0, 15_000), ms: timed.between(20_000, 7_200_000) }
        : null,
    rivals: rivalsOf(dice.fork(), trigger, server, wire),
    resumes: timed.chance(0.5),
    wallJump: timed.chance(0.25)
      ? { afterMs: timed.between(0, 20_000), ms: timed.pick([-HOUR_MS, -10_000, 10_000, HOUR_MS]) }
      : null,
  };
}

function serverOf(dice: Dice): ServerTraits {
  const [first = 1n, ...rest] = nodeIds(dice.between(1, 6));
  const nodes = [first, ...rest] as const;
  return {
    nodes,
    order: dice.pick(['asc', 'desc']),
    history: dice.weighted([
      [3, 0],
      [4, dice.between(1, nodes.length)],
      [3, dice.between(nodes.length, 30)],
      [1, dice.between(95, 103)],
    ]),
    idempotency: dice.pick(['path-and-body', 'body', 'off']),
    storedReconfigure: dice.pick(['with_config', 'bare']),
    unfinished: dice.pick(['null', 'absent']),
    answerMs: dice.chance(0.3) ? dice.between(1, 5000) : 0,
    skewMs: dice.pick([0, 0, -7_200_000, 18_000_000, -800]),
    timings: new Map(),
    troubles: new Map(),
  };
}

function triggerOf(dice: Dice, server: ServerTraits): TriggerTraits {
  const kind = dice.weighted([
    [4, 'named' as const],
    [4, 'observed' as const],
    [2, 'expected' as const],
  ]);
  const some = server.nodes.filter(() => dice.chance(0.6));
  const named = some.length > 0 ? some : server.nodes.slice(0, 1);
  return {
    runtime: dice.pick(['iggy', 'connectors']),
    action: dice.weighted<Action>([
      [6, { verb: 'restart' }],
      [2, { verb: 'reconfigure', configId: 42n }],
      [1, { verb: 'stop' }],
    ]),
    kind,
    targets: kind === 'named' ? named : server.nodes,
    wait: dice.chance(0.92),
    timeoutMs: dice.pick([20_000, 60_000, 300_000]),
    intervalMs: dice.chance(0.15) ? dice.pick([100, 1000, 4000]) : null,
    callersKey: dice.chance(0.6),
  };
}

function livesOf(dice: Dice, trigger: TriggerTraits, server: ServerTraits): Life[] {
  const last: Life = { killMs: null, pauseMs: 0, machine: 0 };
  if (!trigger.callersKey || !dice.chance(0.5)) return [last];
  // Another machine has no record: only the server's memory of the key, 10 minutes long, keeps it from doing it again.
  const elsewhere = server.idempotency !== 'off' && dice.chance(0.25);
  const pause = (): number =>
    dice.weighted([
      [6, dice.between(0, 5000)],
      [3, dice.between(5000, 60_000)],
      [elsewhere ? 0 : 1, dice.between(480_000, 900_000)],
    ]);
  const killed = Array.from({ length: dice.between(1, 3) }, (): Life => {
    const killMs = dice.between(0, dice.pick([300, 2000, 8000, 30_000]));
    return { killMs, pauseMs: pause(), machine: 0 };
  });
  return [...killed, { ...last, pauseMs: pause(), machine: elsewhere ? 1 : 0 }];
}

function wireOf(dice: Dice, lives: readonly Life[]): WireTraits {
  const intensity = dice.pick([0, 0.3, 0.6, 0.9]);
  const unreadable = Array.from(
    {
      length: dice.weighted([
        [5, 0],
        [3, 1],
        [1, 2],
      ]),
    },
    () => {
      const fromMs = dice.between(0, 20_000);
      const toMs = fromMs + dice.pick([2000, 10_000, 70_000, 200_000, 7_200_000]);
      return {
        fromMs,
        toMs,
        how: dice.weighted<'lost' | 'unavailable' | 'denied'>([
          [4, 'lost'],
          [4, 'unavailable'],
          [1, 'denied'],
        ]),
      };
    },
  );
  // A rival while it is turned away can be told apart only when no POST is lost and nobody is killed.
  const throttled = lives.length === 1 && dice.chance(0.15);
  return {
    postFaults: throttled ? 0 : intensity,
    readFaults: dice.pick([0, 0.1, 0.3]) * (intensity > 0 ? 1 : 0.3),
    delayMs: dice.pick([0, 50, 300, 900]),
    unreadable: throttled ? [] : unreadable,
    throttledMs: throttled ? dice.between(15_000, 60_000) : null,
    journalFaults: dice.chance(0.1) ? 0.5 : 0,
  };
}

function withTimings(dice: Dice, server: ServerTraits, trigger: TriggerTraits): ServerTraits {
  const honoursKeys = server.idempotency !== 'off';
  // A look after 5 s could not see later ones, and only the server's memory of the key is left to rely on.
  const latest = trigger.kind === 'expected' && honoursKeys ? dice.pick([LATEST_ENTRY_MS, 15_000]) : LATEST_ENTRY_MS;
  // The same goes for an entry that never shows up.
  const troubles = honoursKeys ? (['reject', 'stuck', 'missing'] as const) : (['reject', 'stuck'] as const);
  const pace = dice.weighted<Pace>([
    [4, 'usual'],
    [3, 'quick'],
    [3, 'straggler'],
  ]);
  const troublesome = dice.chance(0.35);
  const timing = (node: Id): Timing => {
    if (pace === 'straggler' && node === trigger.targets.at(-1))
      return { appearMs: dice.between(1500, latest), workMs: 200 };
    return {
      appearMs: dice.between(0, pace === 'straggler' ? 200 : dice.pick([300, latest])),
      workMs: dice.between(0, pace === 'usual' ? dice.pick([2000, 25_000]) : 400),
    };
  };
  return {
    ...server,
    timings: new Map(server.nodes.map((node) => [node, timing(node)])),
    troubles: new Map(
      server.nodes.filter(() => troublesome && dice.chance(0.4)).map((node) => [node, dice.pick(troubles)]),
    ),
  };
}

/** How the nodes go about it; a straggler comes when all the others are done: that is what the settle rules are for. */
type Pace = 'usual' | 'quick' | 'straggler';

function rivalsOf(dice: Dice, trigger: TriggerTraits, server: ServerTraits, wire: WireTraits): Rival[] {
  const { runtime, action, targets, kind } = trigger;
  const others = server.nodes.filter((node) => !targets.includes(node));
  const rivals = Array.from(
    {
      length: dice.weighted([
        [4, 0],
        [3, 2],
        [2, 6],
      ]),
    },
    (): Rival => {
      const same: Rival = { afterMs: dice.between(-20_000, 20_000), runtime, action, nodes: others, apart: 'other' };
      if (kind === 'named' && others.length > 0 && dice.chance(0.4)) return same;
      const nodes = dice.chance(0.4) ? null : [dice.pick(server.nodes)];
      return dice.chance(0.5)
        ? { ...same, runtime: runtime === 'iggy' ? 'connectors' : 'iggy', nodes }
        : { ...same, action: { verb: 'start' }, nodes };
    },
  );
  // Where a target's own entry never shows up, an older one can pass for it: not told apart by anybody.
  const target = targets.findLast((node) => server.troubles.get(node) !== 'missing');
  if (target === undefined) return rivals;
  const sameOnTarget = { runtime, action, nodes: [target] };
  if (wire.throttledMs !== null) {
    rivals.push({ ...sameOnTarget, afterMs: dice.between(3000, wire.throttledMs - 5000), apart: 'throttled' });
  } else if (dice.chance(0.5)) {
    const before = dice.chance(0.5);
    const afterMs = before ? -dice.between(1000, 600_000) : dice.between(1000, 20_000);
    rivals.push({ ...sameOnTarget, afterMs, apart: before ? 'before' : 'afterwards' });
  }
  return rivals;
}
