import assert from 'node:assert/strict';
import { nodesOfRoll } from '../../../src/app/roll-nodes.js';
import { survey, type Findings, type SurveyRequest } from '../../../src/app/survey.js';
import { LdctlError } from '../../../src/base/errors.js';
import { questionOf } from '../../../src/cli/acting/sentences.js';
import { openLog } from '../../../src/log/log.js';
import { VirtualClock } from '../../helpers/clock.js';
import { orderWith, ROLL } from '../../helpers/orders.js';
import { DEPLOYMENT, VirtualServer } from '../../helpers/virtual-server.js';

const HOUR = 3_600_000;
/** The log lists the first of these for iggy, and the next for connectors only: see `lists`. */
const NODES = [
  18446744073709541001n,
  18446744073709541002n,
  18446744073709541003n,
  18446744073709541890n,
];
const EVERY = { runtime: 'iggy', ifBusy: 'ignore' } as const;
const AT_TERMINAL = { isTTY: true, names: new Map(), now: 0 };

let clock: VirtualClock;
let server: VirtualServer;
beforeEach(() => {
  clock = new VirtualClock();
  server = new VirtualServer(clock, { nodes: NODES });
});

/** @param core what Core counts; null: it does not say */
function look(request: Partial<SurveyRequest>, core: number | null): Promise<Findings> {
  const surveyor = {
    deploymentId: DEPLOYMENT,
    log: openLog(server, DEPLOYMENT, clock),
    clock,
    tenant: null,
    counter: { isCertain: true, start: () => () => Promise.resolve(core) },
  };
  return clock.run(survey(surveyor, { ...EVERY, ...request }, new AbortController().signal));
}

/** The nodes act in their order, one an hour. */
function lists(here: number, elsewhere: number): void {
  NODES.slice(0, here + elsewhere).forEach((node, at) => {
    const runtime = at < here ? 'iggy' : 'connectors';
    server.add({ node, runtime, createdAt: clock.now() - (9 - at) * HOUR });
  });
}

/** What is asked about every node, from the nodes on. */
function asked(found: Findings, isRoll: boolean, runtime: 'iggy' | 'connectors' = 'iggy'): string {
  const roll = { how: ROLL, whom: { by: 'log' as const, nodes: found.listed.here } };
  const order = orderWith({ runtime, found, ...(isRoll && roll) });
  const { text, aside } = questionOf(order, 'X', AT_TERMINAL);
  return `${text.replace(/^.*? on /, 'on ')}?${aside}`;
}

describe('which nodes are meant, by L listed, M listed for other runtimes only, C counted, N expected', () => {
  const NOT = 'which has no iggy entry in the last 30 days';
  const SILENT = '(Core has not said how many there are)';
  const NONE = '(none has an iggy entry in the last 30 days)';
  const TOO = 'and …890 too if it runs iggy';

  /** What a trigger and a roll do, asked or not: its question, or its exit code. */
  const TABLE: ReadonlyArray<
    readonly [
      numbers: readonly [L: number, M: number, C: number | null, N?: number | 'deployment'],
      trigger: string | 5,
      rollAsked: string | 5,
      rollByFlag: 'acts' | 5,
    ]
  > = [
    // All numbers are the same.
    [[3, 0, 3], 'on all 3 nodes of X?', 'on all 3 nodes of X?', 'acts'],
    [[1, 0, 1], 'on node 18446744073709541001 of X?', 'on node 18446744073709541001 of X?', 'acts'],
    // Core counts more than the log lists at all.
    [
      [3, 0, 4],
      'on all 4 nodes of X? (3 are in the log; Core counts 4)',
      'on 3 nodes of X? (Core counts 4)',
      5,
    ],
    [
      [3, 1, 5],
      'on all 5 nodes of X? (4 are in the log; Core counts 5)',
      `on 3 nodes of X? (not on …890, ${NOT}; Core counts 5)`,
      5,
    ],
    [
      [1, 0, 2],
      'on both nodes of X? (1 is in the log; Core counts 2)',
      'on node 18446744073709541001 of X? (Core counts 2)',
      5,
    ],
    // It counts fewer.
    [
      [3, 0, 2],
      'on 2 of the 3 nodes in the log of X? (Core counts 2; one may be gone)',
      'on 3 nodes of X? (Core counts 2; one may be gone)',
      5,
    ],
    [
      [3, 0, 1],
      'on 1 of the 3 nodes in the log of X? (Core counts 1; 2 may be gone)',
      'on 3 nodes of X? (Core counts 1; 2 may be gone)',
      5,
    ],
    [
      [3, 1, 2],
      'on 2 of the 3 nodes in the log of X? (Core counts 2; one may be gone; …890 too if it runs iggy)',
      `on 3 nodes of X? (not on …890, ${NOT}; Core counts 2; one may be gone)`,
      5,
    ],
    // A node is listed for another runtime only.
    [
      [3, 1, 4],
      `on every node of X: 3, ${TOO}?`,
      `on 3 nodes of X? (not on …890, ${NOT}; Core counts 4)`,
      5,
    ],
    [[3, 1, 3], `on every node of X: 3, ${TOO}?`, `on 3 nodes of X? (not on …890, ${NOT})`, 5],
    // Core does not say.
    [[3, 0, null], `on all 3 nodes of X? ${SILENT}`, 'on 3 nodes of X?', 'acts'],
    [
      [3, 1, null],
      `on every node of X: 3, ${TOO}? ${SILENT}`,
      `on 3 nodes of X? (not on …890, ${NOT})`,
      5,
    ],
    // None is listed for the runtime.
    [[0, 0, null], `on every node of X? ${NONE}`, 5, 5],
    [[0, 1, 1], `on every node of X? ${NONE}`, 5, 5],
    [[0, 0, 2], 'on both nodes of X? (none is in the log; Core counts 2)', 5, 5],
    // As many as Core counts are expected.
    [[3, 0, 4, 4], 'on all 4 nodes of X? (3 are in the log; Core counts 4)', 5, 5],
    [[3, 1, 4, 4], 'on all 4 nodes of X?', 5, 5],
    [[3, 1, 4, 'deployment'], 'on all 4 nodes of X?', 5, 5],
    [[3, 0, 2, 2], 'on both nodes of X? (3 are in the log; Core counts 2)', 5, 5],
    [
      [3, 1, 3, 'deployment'],
      'on all 3 nodes of X? (4 are in the log; Core counts 3)',
      `on 3 nodes of X? (not on …890, ${NOT})`,
      'acts',
    ],
    [[0, 0, 4, 4], 'on all 4 nodes of X? (none is in the log; Core counts 4)', 5, 5],
    // As many as are listed: only if Core counts none that the log does not list.
    [[3, 0, 4, 3], 5, 5, 5],
    [[3, 1, 5, 3], 5, 5, 5],
    [
      [3, 1, 4, 3],
      'on all 3 nodes of X? (4 are in the log; Core counts 4)',
      `on 3 nodes of X? (not on …890, ${NOT}; Core counts 4)`,
      'acts',
    ],
    [
      [3, 0, 2, 3],
      'on all 3 nodes of X? (3 are in the log; Core counts 2)',
      'on 3 nodes of X? (Core counts 2; one may be gone)',
      'acts',
    ],
    // Neither.
    [[3, 0, 4, 9], 5, 5, 5],
    [[3, 0, 3, 2], 5, 5, 5],
    // Without Core, only fewer than are listed are too few.
    [[3, 0, null, 2], 5, 5, 5],
    [[3, 0, null, 3], 'on all 3 nodes of X?', 'on 3 nodes of X?', 'acts'],
    [
      [3, 1, null, 3],
      'on all 3 nodes of X? (4 are in the log)',
      `on 3 nodes of X? (not on …890, ${NOT})`,
      'acts',
    ],
    [[3, 0, null, 4], 'on all 4 nodes of X? (3 are in the log)', 5, 5],
  ];

  const orCode = async <T>(work: () => Promise<T>): Promise<T | number> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LdctlError)) throw error;
      return error.exitCode;
    }
  };

  for (const [[here, elsewhere, core, expectNodes], trigger, rollAsked, rollByFlag] of TABLE) {
    const expected = expectNodes === undefined ? '' : `, N ${expectNodes}`;
    it(`L ${here}, M ${elsewhere}, C ${core ?? 'unknown'}${expected}`, async () => {
      lists(here, elsewhere);
      const onRoll = async (isAsked: boolean): Promise<Findings> => {
        const found = await look({ expectNodes, isRoll: true }, core);
        const roll = { runtime: 'iggy', expectNodes, isAsked, now: 0, command: () => '' } as const;
        assert.deepEqual(nodesOfRoll(found, roll), NODES.slice(0, here));
        return found;
      };
      const asks = async (found: Promise<Findings>, isRoll: boolean) => asked(await found, isRoll);
      const acts = async (): Promise<string> => {
        await onRoll(false);
        return 'acts';
      };
      assert.deepEqual(
        [
          await orCode(() => asks(look({ expectNodes, isShown: true }, core), false)),
          await orCode(() => asks(onRoll(true), true)),
          await orCode(acts),
        ],
        [trigger, rollAsked, rollByFlag],
      );
    });
  }
});

it('the question has the article that goes with the runtime', async () => {
  const found = await look({ runtime: 'connectors', isShown: true }, null);
  assert.equal(
    asked(found, false, 'connectors'),
    'on every node of X? (none has a connectors entry in the last 30 days)',
  );
});

describe('how far the log is read before anything is sent', () => {
  /** Three nodes act all the time; the fourth has acted 450 entries ago. */
  beforeEach(() => {
    server.add({ node: NODES[3], createdAt: clock.now() - HOUR });
    for (let at = 0; at < 450; at += 1) {
      server.add({ node: NODES[at % 3], createdAt: clock.now() - HOUR + at * 1000 });
    }
  });

  it('to as many nodes as Core counts, where no one is asked: then it does not say how many there are', async () => {
    const found = await look({}, 3);
    assert.deepEqual([found.listed.here.length, found.listed.isWhole], [3, false]);
    assert.equal(server.reads.length, 1);
    assert.equal(asked(found, false), 'on every node of X?');
  });

  for (const [what, request] of [
    ['where a person is asked', { isShown: true }],
    ['for a roll', { isRoll: true }],
    ['for --expect-nodes', { expectNodes: 3 }],
    ['for --if-busy fail', { ifBusy: 'fail' }],
  ] as const) {
    it(`to its end ${what}`, async () => {
      const { listed } = await look(request, 3);
      assert.deepEqual([listed.here, listed.isWhole], [NODES, true]);
    });
  }

  it('to its end where Core does not say', async () => {
    const { listed } = await look({}, null);
    assert.deepEqual([listed.here, listed.isWhole], [NODES, true]);
  });

  it('of named nodes, for --if-busy fail, too: a busy one may be far below', async () => {
    server = new VirtualServer(clock, { nodes: NODES });
    server.add({ node: NODES[0], createdAt: clock.now() - HOUR, workMs: null });
    for (let at = 0; at < 150; at += 1) {
      server.add({ node: NODES[0], createdAt: clock.now() - HOUR });
    }
    await assert.rejects(look({ nodes: NODES.slice(0, 1), ifBusy: 'fail' }, null), {
      code: 'busy',
    });
  });
});
