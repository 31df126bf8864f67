import assert from 'node:assert/strict';
import ActivitiesRoll from '../../src/commands/activities/roll.js';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import { type Activity } from '../../src/base/activity.js';
import { ACTIVITIES, CommandBench, DEPLOYMENT, entry } from '../helpers/command.js';
import { assertMatches } from '../helpers/schemas.js';
import { parseJson } from '../helpers/readers.js';
import { type Words } from '../helpers/words.js';

const PLACE = { division_id: 11n, environment_id: 12n };
const DEPLOYMENT_PATH = `/tenants/7261845022003200007/divisions/11/environments/12/deployments/${DEPLOYMENT}`;
const PATH = `${ACTIVITIES}/iggy/restart`;
const ROLL = 'iggy restart --yes --node-timeout 0';
const TRIGGER = 'iggy restart --yes --timeout 0 --no-wait';

const [ONE, TWO, THREE, OTHER] = [
  18446744073709541001n,
  18446744073709541002n,
  18446744073709541003n,
  18446744073709541890n,
] as const;
const NOT = 'which has no iggy entry in the last 30 days';

interface Result {
  outcome: string;
  core_count: bigint | null;
  nodes: Array<{ node_id: bigint; status: string }>;
  not_acted_on: string[];
}

describe('which nodes an action is about that names none', () => {
  let bench: CommandBench;
  let log: Activity[];
  /** How often Core was asked. */
  let asked: number;
  beforeEach(() => {
    bench = new CommandBench();
    log = [];
    asked = 0;
  });
  afterEach(() => bench.close());

  /** The nodes in the log: an hour, two hours, … ago, by the clock of this machine. */
  function lists(...nodes: ReadonlyArray<bigint | { elsewhere: bigint }>): void {
    bench.showLog(() => log);
    log = nodes.map((node, at) =>
      entry({
        id: 900n - BigInt(at),
        action: 'start',
        created_at: new Date(bench.clock.now() - (at + 1) * 3_600_000).toISOString(),
        ...PLACE,
        ...(typeof node === 'bigint'
          ? { node_id: node }
          : { node_id: node.elsewhere, runtime: 'connectors' }),
      }),
    );
  }

  /** @param afterMs how long each of its answers takes */
  function coreCounts(nodes: number, { afterMs = 0, times = 1 } = {}): void {
    const body = `{"id":${DEPLOYMENT},"name":"orders","nodes_count":${nodes},"supervisor_url":null}`;
    bench.core
      .get(DEPLOYMENT_PATH)
      .times(times)
      .reply(async () => {
        asked += 1;
        await bench.clock.sleep(afterMs);
        return [200, body];
      });
  }

  /** Each node of a roll has a POST of its own, and its entry is there at once. */
  function expectPosts(...nodes: readonly bigint[]): void {
    for (const node of nodes) {
      bench.supervisor.post(PATH, `{"nodes":[${node}]}`).reply(202, () => {
        log = [entry({ id: 1000n + BigInt(log.length), node_id: node, ...PLACE }), ...log];
        return '';
      });
    }
  }

  describe('a roll that asks no one', () => {
    const refused = async (...words: Words[]) => {
      const { stdout, stderr } = await bench.ends(5, ActivitiesRoll, ROLL, '-o json', ...words);
      assertMatches('error', stdout, 'string');
      const { error } = parseJson(stdout) as {
        error: {
          code: string;
          next: string;
          core_count: bigint | null;
          nodes: Array<{ node_id: bigint; last_activity_at: string; left_out: string | null }>;
        };
      };
      return { stderr, error };
    };

    it('acts on all, where the log lists as many as Core counts, and no other', async () => {
      lists(ONE, TWO);
      coreCounts(2);
      expectPosts(ONE, TWO);
      const { stdout, stderr } = await bench.ends(0, ActivitiesRoll, ROLL, '-o json');
      assert.match(stderr, /Z Restarting iggy on deployment \d+: 2 nodes$/m);
      assert.doesNotMatch(stderr, /warning/);
      assert.equal((parseJson(stdout) as Result).core_count, 2n);
    });

    it('is refused where Core counts more: with the numbers, the nodes, and the whole command', async () => {
      lists(TWO, ONE);
      coreCounts(3);
      const gate = ['--gate', './healthy.sh --all', '--pause=10s'];
      const { stderr, error } = await refused(gate);
      assert.match(
        stderr,
        /^error: it is not certain which nodes there are: the log lists 2 nodes and Core counts 3; nothing was sent$/m,
      );
      assert.match(
        stderr,
        /^hint: Last acted: 18446744073709541001 \(2h ago\), 18446744073709541002 \(1h ago\)\. /m,
      );
      const next = `ldctl activities roll iggy restart --yes --node-timeout 0 -o json --gate './healthy.sh --all' --pause=10s --node "${ONE},${TWO}"`;
      assert.ok(stderr.endsWith(`\nnext: ${next}\n`), stderr);
      assert.deepEqual(error.next, next);
      assert.deepEqual([error.code, error.core_count], ['nodes_not_certain', 3n]);
      assert.deepEqual(
        error.nodes.map(({ node_id, left_out }) => [node_id, left_out]),
        [
          [ONE, null],
          [TWO, null],
        ],
      );
    });

    it('is refused where Core counts fewer: what acted longest ago is perhaps gone', async () => {
      // What acted in another runtime since is there.
      lists({ elsewhere: TWO }, THREE, ONE, TWO);
      coreCounts(2);
      const { stderr, error } = await refused();
      assert.match(stderr, /the log lists 3 nodes and Core counts 2; nothing was sent/);
      assert.match(stderr, /18446744073709541001 \(3h ago, perhaps gone\)/);
      assert.match(error.next, new RegExp(`--node "${TWO},${THREE}"$`));
      assert.deepEqual(
        error.nodes.map(({ left_out }) => left_out),
        ['perhaps_gone', null, null],
      );
    });

    it('is refused where a node is listed for another runtime only, although Core counts no more', async () => {
      lists(ONE, { elsewhere: OTHER });
      for (const core of [1, 2]) {
        coreCounts(core);
        const { stderr, error } = await refused();
        assert.match(
          stderr,
          new RegExp(
            `lists 1 node for this runtime and 1 for others only, and Core counts ${core};`,
          ),
        );
        assert.match(stderr, /18446744073709541890 \(2h ago, other runtimes only\)/);
        assert.match(error.next, new RegExp(` --node ${ONE}$`));
        assert.equal(error.nodes[1]?.left_out, 'other_runtimes_only');
      }
    });

    it('is refused where none is listed, with the trigger on every node as what comes next', async () => {
      lists({ elsewhere: OTHER });
      for (const flags of ['', ' --dry-run', ' --expect-nodes 1']) {
        coreCounts(1);
        const { stderr, error } = await refused(`--max-unavailable 2${flags}`);
        assert.match(
          stderr,
          /^error: no node has an entry of iggy in the log of the last 30 days, and Core counts 1;/m,
        );
        assert.match(error.next, /^ldctl activities trigger iggy restart$/);
      }
    });

    for (const flag of ['--expect-nodes 3', '--expect-nodes=3', '--expect-nodes deployment']) {
      it(`is refused with ${flag}, and the command that it names has none`, async () => {
        lists(ONE, TWO);
        coreCounts(3);
        const { error } = await refused(flag, '--pause 1s');
        assert.equal(error.code, 'other_node_count');
        assert.equal(
          error.next,
          `ldctl activities roll iggy restart --yes --node-timeout 0 -o json --pause 1s --node "${ONE},${TWO}"`,
        );
      });
    }

    it('acts on those that are listed, if so many are expected and Core counts no others, and says what is left out', async () => {
      lists(ONE, TWO, { elsewhere: OTHER });
      coreCounts(3);
      expectPosts(ONE, TWO);
      const { stderr } = await bench.ends(0, ActivitiesRoll, ROLL, '--expect-nodes 2 -q');
      assert.match(
        stderr,
        new RegExp(`^warning: Left out: ${OTHER}, ${NOT}\\. To include it: --node$`, 'm'),
      );
    });

    it('waits for Core for 15 s, and acts on what it then counts', async () => {
      lists(ONE, TWO);
      coreCounts(3, { afterMs: 14_000 });
      const { error } = await refused();
      assert.deepEqual([error.core_count, asked], [3n, 1]);
    });

    it('acts on those that are listed where Core does not say, and warns of it', async () => {
      lists(ONE, TWO);
      coreCounts(3, { afterMs: 16_000 });
      expectPosts(ONE, TWO);
      const { stdout, stderr } = await bench.ends(0, ActivitiesRoll, ROLL, '-o json');
      assert.match(
        stderr,
        /^warning: Core did not say how many nodes there are: only the log decides$/m,
      );
      assert.equal((parseJson(stdout) as Result).core_count, null);
    });
  });

  describe('a dry run of a roll', () => {
    for (const [flags, code] of [
      ['--max-unavailable 1', 0],
      ['--yes', 5],
      [`--confirm ${DEPLOYMENT}`, 5],
    ] as const) {
      it(`ends with ${code} with ${flags} where nodes are not certain, as the roll without it would`, async () => {
        lists(ONE, { elsewhere: OTHER });
        coreCounts(3);
        const dry = 'iggy restart --dry-run -o json';
        const { stdout } = await bench.ends(code, ActivitiesRoll, dry, flags);
        if (code !== 0) return;
        const { nodes, core_count, not_acted_on } = parseJson(stdout) as Result;
        assert.deepEqual(
          [nodes.map(({ node_id: node }) => node), not_acted_on, core_count],
          [[ONE], [String(OTHER)], 3n],
        );
      });
    }

    it('lists nodes, what is left out, and what Core counts', async () => {
      lists(ONE, TWO, { elsewhere: OTHER });
      coreCounts(3);
      const { stdout, stderr } = await bench.ends(0, ActivitiesRoll, 'iggy restart --dry-run');
      assert.equal(
        stdout,
        `Would restart iggy on 2 nodes of deployment ${DEPLOYMENT}, 1 at a time\n  ${ONE}\n  ${TWO}\nCore counts 3 nodes\n`,
      );
      assert.equal(stderr, `warning: Left out: ${OTHER}, ${NOT}. To include it: --node\n`);
    });
  });

  describe('a trigger that asks no one', () => {
    const SEVEN = 'This will end with 7 unless all 4 show up';

    for (const [what, listed, core, headline, warning] of [
      ['as many as Core counts', [ONE, TWO], 2, ': 2 nodes', null],
      [
        'fewer than Core counts',
        [ONE, TWO, THREE],
        4,
        ': 4 nodes',
        'Core counts 4 nodes; the log of the last 30 days lists 3',
      ],
      [
        'more than Core counts',
        [ONE, TWO, THREE],
        2,
        ': 2 of the 3 nodes in the log',
        'Core counts 2 nodes; the log of the last 30 days lists 3: one may be gone',
      ],
      [
        'one in another runtime only',
        [ONE, TWO, { elsewhere: OTHER }],
        3,
        `: 2 nodes, and ${OTHER} too if it runs iggy`,
        null,
      ],
      ['none', [{ elsewhere: OTHER }], 1, '', null],
    ] as const) {
      it(`has one number, where the log lists ${what}`, async () => {
        lists(...listed);
        coreCounts(core, { times: 2 });
        bench.supervisor.post(PATH, '{}').reply(202);
        const { stderr } = await bench.ends(0, ActivitiesTrigger, TRIGGER);
        assert.match(
          stderr,
          new RegExp(`Z Restarting iggy on deployment ${DEPLOYMENT}${headline}$`, 'm'),
        );
        const warnings = warning === null ? [] : [`warning: ${warning}`];
        assert.deepEqual(stderr.match(/^warning: .*$/gm) ?? [], warnings);
        const dry = await bench.ends(0, ActivitiesTrigger, 'iggy restart --no-wait --dry-run');
        const which = headline === '' ? 'every node' : headline.slice(2).replace(/,.*/, '');
        assert.ok(dry.stdout.includes(which.replace(/^2 nodes$/, 'nod')), dry.stdout);
        assert.deepEqual(dry.stderr.match(/^warning: .*$/gm) ?? [], warnings);
      });
    }

    it('says beforehand that it will end with 7, and so does its dry run', async () => {
      lists(ONE);
      for (const flags of ['--dry-run', '--dry-run --yes', '--dry-run --yes --expect-nodes 4']) {
        coreCounts(4);
        const { stderr } = await bench.ends(0, ActivitiesTrigger, 'iggy restart', flags);
        assert.equal(
          stderr,
          `warning: Core counts 4 nodes; the log of the last 30 days lists 1. ${SEVEN}\n`,
        );
      }
      coreCounts(4);
      bench.supervisor.post(PATH, '{}').reply(202);
      const { stderr } = await bench.run(ActivitiesTrigger, 'iggy restart --yes --timeout 1s');
      assert.equal(
        stderr.split('\n')[0],
        `warning: Core counts 4 nodes; the log of the last 30 days lists 1. ${SEVEN}`,
      );
    });

    it('has no number in its headline where the log was not read to its end', async () => {
      const nodes = [ONE, TWO, ...Array.from({ length: 150 }, () => THREE)];
      const entries = nodes.map((node_id, at) =>
        entry({ id: 900n - BigInt(at), node_id, ...PLACE }),
      );
      bench.showPages(entries, () => undefined);
      coreCounts(2);
      bench.supervisor.post(PATH, '{}').reply(202);
      const { stderr } = await bench.ends(0, ActivitiesTrigger, TRIGGER);
      assert.match(stderr, new RegExp(`Z Restarting iggy on deployment ${DEPLOYMENT}$`, 'm'));
      assert.doesNotMatch(stderr, /expecting/);
    });

    it('asks Core again beside the following, where it has not answered in 2 s', async () => {
      lists(ONE);
      coreCounts(1, { afterMs: 5000, times: 2 });
      bench.supervisor.post(PATH, '{}').reply(202, () => {
        log = [entry({ id: 1000n, node_id: ONE, ...PLACE }), ...log];
        return '';
      });
      const { stdout } = await bench.ends(0, ActivitiesTrigger, 'iggy restart --yes -o json');
      assert.deepEqual([(parseJson(stdout) as Result).core_count, asked], [1n, 2]);
    });

    it('warns where Core does not say then, either, and the result has no count', async () => {
      lists(ONE);
      coreCounts(1, { afterMs: 20_000, times: 2 });
      bench.supervisor.post(PATH, '{}').reply(202, () => {
        log = [entry({ id: 1000n, node_id: ONE, ...PLACE }), ...log];
        return '';
      });
      const { stdout, stderr } = await bench.ends(
        0,
        ActivitiesTrigger,
        'iggy restart --yes -o json',
      );
      assert.equal(stderr.match(/^warning: .*Core/gm)?.length, 1, stderr);
      assert.equal((parseJson(stdout) as Result).core_count, null);
    });
  });
});
