import assert from 'node:assert/strict';
import ActivitiesRoll from '../../src/commands/activities/roll.js';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import { type Activity } from '../../src/base/activity.js';
import { ACTIVITIES, CommandBench, DEPLOYMENT, entry, problem } from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';

const TENANT = 7261845022003200007n;
const PLACE = { division_id: 11n, environment_id: 12n };
const DEPLOYMENT_PATH = `/tenants/${TENANT}/divisions/11/environments/12/deployments/${DEPLOYMENT}`;
const PATH = `${ACTIVITIES}/iggy/restart`;
const EVERY_NODE = 'iggy restart --yes --timeout 10m -o json';
/** Above 2^63. */
const NODES = [1n, 2n, 3n].map((n) => 18446744073709551610n + n);
const [FIRST = 0n, SECOND = 0n, THIRD = 0n] = NODES;

interface Result {
  core_count: bigint | null;
  nodes: Array<{ node_id: bigint | null; status: string }>;
  not_acted_on: string[];
}

describe('activities trigger on every node, and what Core counts', () => {
  let bench: CommandBench;
  beforeEach(() => (bench = new CommandBench()));
  afterEach(() => bench.close());

  const old = (at: number): Activity =>
    entry({ id: 100n + BigInt(at), node_id: NODES[at] ?? 0n, action: 'start', ...PLACE });
  const own = (at: number, fields: Partial<Activity> = {}): Activity =>
    entry({
      ...{ id: 200n + BigInt(at), node_id: NODES[at] ?? 0n, ...PLACE },
      created_at: new Date(bench.clock.now()).toISOString(),
      ...fields,
    });
  const LISTED = [old(2), old(1), old(0)];
  const coreCounts = (nodes: number) =>
    bench.core
      .get(DEPLOYMENT_PATH)
      .reply(
        200,
        `{"id":${DEPLOYMENT},"name":"prod","nodes_count":${nodes},"supervisor_url":null}`,
      );
  const acts = (...at: number[]): void => {
    bench.logGrows(LISTED, at.map((node) => own(node)).reverse());
    bench.supervisor.post(PATH, '{}').reply(202);
  };
  const rowsOf = ({ nodes }: Result) => nodes.map(({ node_id: id, status }) => `${id} ${status}`);

  it('one more than is listed: ends with 7 after the appear-timeout, with a row without an id', async () => {
    coreCounts(4);
    acts(0, 1, 2);
    const startedAt = bench.clock.elapsed();
    const { stdout, stderr } = await bench.ends(7, ActivitiesTrigger, EVERY_NODE);
    const result = parseJson(stdout) as Result;
    const done = NODES.map((node) => `${node} completed`);
    assert.deepEqual([rowsOf(result), result.core_count], [[...done, 'null missing'], 4n]);
    const took = bench.clock.elapsed() - startedAt;
    assert.ok(took >= 30_000 && took < 33_000, `${took} ms`);
    const [ending, hint, next, or] = stderr.split('\n').slice(-7);
    assert.equal(ending, '✗ restart of iggy: 3 of 4 nodes have an entry in the log; Core counts 4');
    assert.equal(
      hint,
      'hint: If some nodes never run iggy, name the others next time, with --node.',
    );
    assert.equal(next, 'next: ldctl nodes list');
    assert.match(or ?? '', /^or: ldctl activities wait --after 102 /);
  });

  it('one fewer: ends with 0 after 10 s, and names the one that is gone', async () => {
    coreCounts(2);
    acts(0, 1);
    const startedAt = bench.clock.elapsed();
    const { stdout, stderr } = await bench.ends(0, ActivitiesTrigger, EVERY_NODE);
    const { core_count: core, not_acted_on: left } = parseJson(stdout) as Result;
    assert.deepEqual([core, left], [2n, [String(THIRD)]]);
    assert.match(stderr, new RegExp(`^warning: not acted on, perhaps gone: ${THIRD}$`, 'm'));
    const took = bench.clock.elapsed() - startedAt;
    assert.ok(took >= 10_000 && took < 13_000, `${took} ms`);
  });

  it('fewer, and a listed node further down than that many: waits for it all the same', async () => {
    coreCounts(2);
    const newer = Array.from({ length: 150 }, (_, n) =>
      entry({
        id: 400n - BigInt(n),
        node_id: n % 2 === 0 ? SECOND : THIRD,
        action: 'stop',
        ...PLACE,
      }),
    );
    const late = { id: 500n, status: 'rejected' };
    let posted = Infinity;
    const log = (): Activity[] => {
      const since = bench.clock.elapsed() - posted;
      if (since < 0) return [...newer, old(0)];
      const third = since > 8000 ? [own(0, late)] : [];
      return [...third, own(2, { id: 402n }), own(1, { id: 401n }), ...newer, old(0)];
    };
    bench.supervisor.post(PATH, '{}').reply(() => [((posted = bench.clock.elapsed()), 202)]);
    bench.showPages(log, () => undefined);
    const { stdout } = await bench.ends(3, ActivitiesTrigger, EVERY_NODE);
    assert.ok(rowsOf(parseJson(stdout) as Result).includes(`${FIRST} rejected`));
  });

  it('asked again by a run that continues from a record, if Core had not said', async () => {
    const key = '--idempotency-key deploy-7';
    acts(0, 1, 2);
    for (let asked = 0; asked < 2; asked += 1) {
      bench.core.get(DEPLOYMENT_PATH).reply(403, problem(403, 'forbidden', 'No.'));
    }
    const first = await bench.ends(0, ActivitiesTrigger, EVERY_NODE, key);
    assert.match(first.stderr, /^warning: Core did not say how many nodes there are/m);
    coreCounts(4);
    const { stdout } = await bench.ends(7, ActivitiesTrigger, EVERY_NODE, key);
    assert.equal((parseJson(stdout) as Result).core_count, 4n);
  });

  /** What a node shows after the POST, by its place; undefined for nothing. */
  type Shown = Record<number, Partial<Activity> | undefined>;
  const RUNNING = { status: 'processing', finished_at: null };
  const REJECTED = { status: 'rejected' };
  const ALL_DONE: Shown = { 0: {}, 1: {}, 2: {} };
  const OUTCOMES: ReadonlyArray<readonly [string, number, Shown, string?]> = [
    ['completed', 0, ALL_DONE],
    ['accepted', 0, {}, '--no-wait'],
    ['rejected', 3, { ...ALL_DONE, 1: REJECTED }],
    ['missing', 7, { ...ALL_DONE, 1: undefined }],
    ['lacking', 7, ALL_DONE, 'four by Core'],
    ['rejected and missing', 7, { 0: {}, 1: REJECTED }],
    ['timed out', 8, { ...ALL_DONE, 1: RUNNING }],
  ];

  /** The commands that it says come next. */
  const nextOf = (stderr: string): string[] =>
    [...stderr.matchAll(/^(?:next|or): (.*)$/gm)].map(([, command = '']) => command);
  const LOOKS = /^ldctl (nodes list|activities wait )/;

  for (const [what, code, shown, how = ''] of OUTCOMES) {
    it(`and what comes next after ${what} acts on no node`, async () => {
      coreCounts(how === 'four by Core' ? 4 : 3);
      const made = Object.entries(shown).flatMap(([at, fields]) =>
        fields ? [own(Number(at), fields)] : [],
      );
      bench.logGrows(LISTED, made.reverse());
      bench.supervisor.post(PATH, '{}').reply(202);
      const flags = how.startsWith('--') ? how : '';
      const { stderr } = await bench.ends(code, ActivitiesTrigger, `${EVERY_NODE} ${flags}`.trim());
      const next = nextOf(stderr);
      assert.ok(
        next.every((command) => LOOKS.test(command)),
        stderr,
      );
      assert.equal(next.length > 0, code !== 0 || what === 'accepted', stderr);
    });
  }

  for (const [what, code, first] of [
    ['rejected', 3, REJECTED],
    ['missing', 7, undefined],
    ['timed out', 8, RUNNING],
  ] as const) {
    it(`and what comes next after a roll that was halted by a node ${what} acts on no node with an entry`, async () => {
      bench.logGrows(LISTED, first ? [own(0, first)] : []);
      bench.supervisor.post(PATH, `{"nodes":[${FIRST}]}`).reply(202);
      const words = `iggy restart --node ${NODES.join()} --node-timeout 1m --idempotency-key k-1`;
      const { stderr } = await bench.ends(code, ActivitiesRoll, words);
      const next = nextOf(stderr);
      // `--resume` follows what was sent, and sends to the others.
      const isFine = (command: string): boolean =>
        LOOKS.test(command) || command === 'ldctl activities roll --resume k-1';
      assert.ok(next.length > 0 && next.every(isFine), stderr);
    });
  }
});
