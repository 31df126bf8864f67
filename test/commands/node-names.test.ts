import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ActivitiesList from '../../src/commands/activities/list.js';
import ActivitiesRoll from '../../src/commands/activities/roll.js';
import ActivitiesShow from '../../src/commands/activities/show.js';
import ActivitiesStats from '../../src/commands/activities/stats.js';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import ActivitiesWait from '../../src/commands/activities/wait.js';
import NodesList from '../../src/commands/nodes/list.js';
import NodesName from '../../src/commands/nodes/name.js';
import { ACTIVITIES, CommandBench, DEPLOYMENT, entry } from '../helpers/command.js';
import { itOnPosix } from '../helpers/platform.js';
import { parseJson, readAs } from '../helpers/readers.js';

const [ONE, TWO] = [610809900976570889n, 610809900976571889n];
const DRY = 'iggy restart --dry-run -o json';

interface Result {
  nodes: Array<{ node_id: bigint; node_name: string | null }>;
}

describe('a name for a node', () => {
  let bench: CommandBench;
  beforeEach(() => (bench = new CommandBench()));
  afterEach(() => bench.close());

  async function name(...args: string[]): Promise<void> {
    await bench.ends(0, NodesName, args);
  }

  function showLog(): void {
    bench.showLog(() => [
      entry({ id: 12n, node_id: TWO, status: 'rejected' }),
      entry({ id: 11n, node_id: ONE }),
    ]);
  }

  describe('is kept', () => {
    const path = (): string => join(bench.env.LDCTL_CONFIG_DIR ?? '', 'nodes.json');

    it('by deployment, without a request, a key or a profile', async () => {
      bench.env.LD_API_KEY = undefined;
      const { code, stdout, stderr } = await bench.run(NodesName, `${ONE} broker-1 --json`);
      assert.deepEqual([code, stderr], [0, `node ${ONE} is named broker-1\n`]);
      const fields = { deployment_id: String(DEPLOYMENT), node_id: String(ONE) };
      assert.deepEqual(JSON.parse(stdout), { ...fields, node_name: 'broker-1' });
      assert.deepEqual(JSON.parse(readFileSync(path(), 'utf8')), {
        [String(DEPLOYMENT)]: { [String(ONE)]: 'broker-1' },
      });
    });

    it('for the deployment of a profile, whatever the environment names, which is said', async () => {
      await bench.addProfile();
      bench.env.LD_DEPLOYMENT_ID = '99';
      const { stderr } = await bench.ends(0, NodesName, `${ONE} broker-1 --profile prod`);
      assert.match(stderr, /^--profile prod: ignoring .*LD_DEPLOYMENT_ID.* from the environment$/m);
      assert.deepEqual(Object.keys(JSON.parse(readFileSync(path(), 'utf8')) as object), [
        String(DEPLOYMENT),
      ]);
    });

    it('until another takes its place, or it is removed', async () => {
      await name(`${ONE}`, 'broker-1');
      const renamed = await bench.run(NodesName, 'BROKER-1 first');
      assert.equal(renamed.stderr, `node ${ONE} is named first\n`);
      assert.equal(renamed.stdout, '');
      const removed = await bench.run(NodesName, 'first --remove');
      assert.equal(removed.stderr, 'The name first is free again\n');
      await bench.ends(2, NodesName, 'first again');
      await name(`${ONE}`, 'broker-1');
      for (const wrong of ['broker-1', 'broker-1 other --remove']) {
        const { stderr } = await bench.ends(2, NodesName, wrong);
        assert.match(stderr, /give either NAME or --remove/);
      }
      assert.match((await bench.run(NodesName, 'broker-1 b')).stderr, /is named b\n$/);
    });

    it('for one node: another gets it only once it is free', async () => {
      await name(`${ONE}`, 'broker-1');
      const { stderr } = await bench.ends(5, NodesName, `${TWO} Broker-1`);
      assert.match(stderr, new RegExp(`Broker-1 is the name of node ${ONE}\\n`));
      assert.match(stderr, new RegExp(`ldctl nodes name ${ONE} --remove`));
    });

    it('apart from those of another deployment', async () => {
      await name(`${ONE}`, 'broker-1', '--deployment', '99');
      await name(`${TWO}`, 'broker-1');
      await bench.ends(0, NodesName, `${TWO} broker-2 --deployment 99`);
    });

    for (const word of [
      '7up',
      '-a',
      'a b',
      'ä',
      'x'.repeat(64),
      'all',
      'Every',
      'deployment',
      '',
    ]) {
      it(`unless it is not one: ${JSON.stringify(word)}`, async () => {
        await bench.ends(2, NodesName, `${ONE} --`, word);
      });
    }

    it('in a file that is left alone where it is broken', async () => {
      await name(`${ONE}`, 'broker-1');
      for (const broken of ['{"7":{"8":"all"}}', '{"7":{"8":"broker","9":"Broker"}}']) {
        writeFileSync(path(), broken);
        const { stderr } = await bench.ends(2, NodesName, `${TWO} broker-2`);
        assert.match(stderr, /^error: .*nodes\.json/m);
        assert.equal(readFileSync(path(), 'utf8'), broken);
      }
    });
  });

  describe('stands for its id', () => {
    beforeEach(() => name(`${ONE}`, 'broker-1'));

    it('in a flag, whatever its case', async () => {
      showLog();
      const { stdout } = await bench.run(ActivitiesTrigger, DRY, `--node BROKER-1,${TWO}`);
      const { nodes } = parseJson(stdout) as Result;
      assert.deepEqual(
        nodes.map(({ node_id, node_name }) => [node_id, node_name]),
        [
          [ONE, 'broker-1'],
          [TWO, null],
        ],
      );
    });

    it('on the wire', async () => {
      showLog();
      bench.supervisor.post(`${ACTIVITIES}/iggy/restart`, `{"nodes":[${ONE}]}`).reply(202);
      const args = 'iggy restart --node broker-1 --no-wait';
      await bench.ends(0, ActivitiesTrigger, args);
    });

    for (const [what, input] of [
      ['a line', 'broker-1 # the first\n'],
      ['JSON', '["broker-1"]'],
      ['what ldctl prints', `{"nodes":[{"node_id":"${ONE}","node_name":"broker-1"}]}`],
    ] as const) {
      it(`in ${what} of --nodes-from`, async () => {
        showLog();
        bench.input = input;
        const { stdout } = await bench.run(ActivitiesTrigger, DRY, '--nodes-from -');
        assert.equal((parseJson(stdout) as Result).nodes[0]?.node_id, ONE);
      });
    }

    it('in a filter', async () => {
      showLog();
      for (const Command of [ActivitiesList, NodesList]) {
        const { stdout } = await bench.run(Command, '--node broker-1 -o csv');
        assert.match(stdout, new RegExp(`${ONE}`));
        assert.doesNotMatch(stdout, new RegExp(`${TWO}`));
      }
    });

    itOnPosix('for a gate, as LDCTL_NODE_NAME', 'its commands are for sh', async () => {
      bench.env.PATH = process.env.PATH;
      const log = [entry({ id: 5n, node_id: ONE })];
      bench.showLog(() => log);
      bench.supervisor.post(`${ACTIVITIES}/iggy/restart`).reply(202, () => {
        log.unshift(entry({ id: 6n, node_id: ONE }));
        return '';
      });
      const gate = 'test "$LDCTL_NODE_NAME" = broker-1';
      const limits = ['--node-timeout', '0', '--gate-timeout', '0', '--gate', gate];
      const args = ['iggy', 'restart', '--node', 'broker-1', ...limits];
      await bench.ends(0, ActivitiesRoll, args);
    });
  });

  describe('is 2 before the network', () => {
    const unknown = [
      [ActivitiesTrigger, 'iggy restart --node broker-9'],
      [ActivitiesRoll, 'iggy restart --node broker-9'],
      [ActivitiesWait, '--after 7 --runtime iggy --action stop -n broker-9'],
      [ActivitiesList, '--node broker-9'],
      [NodesList, '--node broker-9'],
      [NodesName, ['broker-9', 'broker-1']],
    ] as const;
    for (const [Command, args] of unknown) {
      it(`where no node has it: ${Command.name}`, async () => {
        const { stderr } = await bench.ends(2, Command, args);
        assert.match(stderr, /no node is named "broker-9" here\n/);
      });
    }

    it('where the deployment is known by its name alone, too', async () => {
      bench.env.LD_DEPLOYMENT_ID = 'sandbox';
      bench.env.LD_TENANT_ID = '7';
      await bench.ends(2, ActivitiesTrigger, DRY, '--node broker-9');
    });

    it('where it is the end of an id, and there is no one to ask', async () => {
      for (const end of ['...889', '…889']) {
        const { stderr } = await bench.ends(2, ActivitiesTrigger, DRY, '--node', end);
        assert.match(stderr, /is the end of an id, and ldctl cannot ask without a terminal/);
      }
    });

    it('without repeating what may be a key', async () => {
      const key = 'ld_pk_4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c';
      const { stderr } = await bench.ends(2, NodesList, '--node', key);
      assert.doesNotMatch(stderr, /ld_pk/);
    });
  });

  for (const [Command, words] of [
    [ActivitiesList, []],
    [ActivitiesList, ['--watch', '--timeout', '0']],
    [ActivitiesStats, []],
    [NodesList, []],
  ] as const) {
    it(`${Command.name} ${words.join(' ')} says of which id the digits are the end, and exits with 0`, async () => {
      showLog();
      const asked = ['--node', `70889,${ONE}`, ...words];
      const { stderr } = await bench.ends(0, Command, asked);
      assert.match(
        stderr,
        new RegExp(
          `^hint: 70889 is the end of ${ONE}: give the whole id, or ...70889 at a terminal\\.$`,
          'm',
        ),
      );
      assert.equal(stderr.match(/hint/g)?.length, 1);
    });
  }

  describe('is shown', () => {
    beforeEach(() => name(`${ONE}`, 'broker-1'));

    it('after the id in a table off a terminal', async () => {
      showLog();
      const { stdout } = await bench.run(ActivitiesList);
      assert.match(stdout, /^CREATED .* NODE +NAME +ID/);
      assert.match(stdout, new RegExp(` ${ONE} +broker-1 +11 `));
      const nodes = await bench.run(NodesList);
      assert.match(nodes.stdout, /^NODE +NAME +IGGY/);
    });

    it('beside the id of one activity, and last in its CSV', async () => {
      showLog();
      const { stdout } = await bench.run(ActivitiesShow, '11');
      assert.match(stdout, new RegExp(`^node id +${ONE} \\(broker-1\\)$`, 'm'));
      assert.match((await bench.run(ActivitiesShow, '11', '-o', 'csv')).stdout, /,broker-1\n$/);
      assert.doesNotMatch((await bench.run(ActivitiesShow, '11', '-o', 'json')).stdout, /broker-1/);
    });

    it('in annotations and the step summary of GitHub Actions', async () => {
      const summary = join(bench.folder, 'summary.md');
      bench.env.GITHUB_ACTIONS = 'true';
      bench.env.GITHUB_STEP_SUMMARY = summary;
      bench.showLog(() => [entry({ id: 12n, node_id: ONE, status: 'rejected' })]);
      const { stderr } = await bench.run(ActivitiesWait, '12', '--timeout', '0');
      assert.match(stderr, new RegExp(`^::error .*::node ${ONE} \\(broker-1\\) rejected it`, 'm'));
      assert.match(readFileSync(summary, 'utf8'), new RegExp(`^${ONE} +broker-1 +12 `, 'm'));
    });

    it('last in CSV, where it always is', async () => {
      showLog();
      const { stdout } = await bench.run(ActivitiesList, '-o csv');
      assert.match(stdout, /^id,node,runtime,.*,tenant,name\n12,.*,\n11,.*,broker-1\n$/);
      const nodes = await bench.run(NodesList, '-o csv');
      assert.match(nodes.stdout, /^node,.*,name\n/);
    });

    it('in no table where no node has one', async () => {
      showLog();
      await name('broker-1', '--remove');
      assert.doesNotMatch((await bench.run(ActivitiesList)).stdout, /NAME/);
    });

    it('as node_name in the JSON of nodes, and never in an entry of the server', async () => {
      showLog();
      const nodes = readAs('json', (await bench.run(NodesList, '-o json')).stdout);
      const { items } = nodes as { items: Array<Record<string, unknown>> };
      assert.deepEqual(
        items.map(({ node_name }) => node_name),
        ['broker-1', null],
      );
      const { stdout } = await bench.run(ActivitiesList, '-o json');
      assert.doesNotMatch(stdout, /name/);
    });
  });
});
