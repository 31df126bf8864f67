import assert from 'node:assert/strict';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import { stringifyJson } from '../../src/base/json.js';
import { ACTIVITIES, CommandBench, DEPLOYMENT, entry, KEY, refuses } from '../helpers/command.js';
import { readAs } from '../helpers/readers.js';

const NAMED = 'iggy restart --node 7 --no-wait';
const EVERY = 'iggy restart --no-wait';

const STRUCTURE = stringifyJson({
  id: 7261845022003200007n,
  name: 'acme',
  divisions: [
    {
      ...{ id: 1n, name: 'platform' },
      environments: [
        { id: 2n, name: 'production', deployments: [{ id: DEPLOYMENT, name: 'orders' }] },
      ],
    },
  ],
});

/**
 * Nobody can be asked: no terminal. Where consent is missing, `bench.close` shows that nothing was
 * read or sent.
 */
describe('consent to activities trigger', () => {
  let bench: CommandBench;
  beforeEach(() => (bench = new CommandBench()));
  afterEach(() => bench.close());

  function expectPost(body: string): void {
    bench.showLog([entry({ id: 5n, node_id: 7n })]);
    bench.supervisor.post(`${ACTIVITIES}/iggy/restart`, body).reply(202);
  }

  it('is in the naming of nodes', async () => {
    expectPost('{"nodes":[7]}');
    await bench.ends(0, ActivitiesTrigger, NAMED);
  });

  it('is asked for every node, saying what and where, and --yes gives it', async () => {
    const { stderr } = await bench.ends(2, ActivitiesTrigger, EVERY);
    assert.match(stderr, new RegExp(`restart iggy on every node of deployment ${DEPLOYMENT}`));
    expectPost('{}');
    await bench.ends(0, ActivitiesTrigger, EVERY, '--yes');
  });

  for (const format of ['table', 'json', 'yaml', 'csv', 'ndjson'] as const) {
    it(`is missed on stderr, and in ${format} on stdout`, async () => {
      const { stdout, stderr } = await bench.ends(2, ActivitiesTrigger, EVERY, '-o', format);
      assert.match(stderr, /^error: this would restart iggy on every node/m);
      // Rows have no place for an error: their readers see the exit code.
      if (format === 'table' || format === 'csv') {
        assert.equal(stdout, '');
        return;
      }
      const [document] =
        format === 'ndjson' ? (readAs(format, stdout) as unknown[]) : [readAs(format, stdout)];
      const { error } = document as { error: Record<string, unknown> };
      assert.deepEqual(
        [error.code, error.exit_code, error.request_id],
        ['consent_missing', 2n, null],
      );
    });
  }

  it('on a protected profile is not in the naming of nodes, nor in --yes', async () => {
    await bench.addProfile({ deployment_name: 'orders', protected: true });
    for (const args of [NAMED, `${EVERY} --yes`]) {
      const { stderr } = await bench.ends(2, ActivitiesTrigger, args, '--profile prod');
      assert.match(stderr, /protects/);
      assert.match(stderr, /^hint: .*--confirm/m);
    }
  });

  it('on a protected profile is the name of the deployment, and no other', async () => {
    await bench.addProfile({ deployment_name: 'orders', protected: true });
    await bench.ends(2, ActivitiesTrigger, EVERY, '--profile prod --confirm prod');
    expectPost('{}');
    await bench.ends(0, ActivitiesTrigger, EVERY, '--profile prod --confirm orders');
  });

  it('by --confirm is an assertion on every profile: its id, its name or its path, and no other', async () => {
    await bench.addProfile({ deployment_name: 'orders', protected: false });
    for (const confirm of ['99', 'payments', 'platform/staging/orders']) {
      bench.core.get(/\/structure$/).reply(200, STRUCTURE);
      const { stderr } = await bench.ends(
        2,
        ActivitiesTrigger,
        NAMED,
        '--yes --profile prod --confirm',
        confirm,
      );
      assert.match(stderr, /does not name the deployment; nothing was sent$/m);
      assert.match(stderr, new RegExp(`platform/production/orders, orders, ${DEPLOYMENT}`));
    }
    bench.showLog([entry({ id: 5n, node_id: 7n })]);
    for (const confirm of [String(DEPLOYMENT), 'orders', 'platform/production/orders']) {
      if (confirm.includes('/')) bench.core.get(/\/structure$/).reply(200, STRUCTURE);
      bench.supervisor.post(`${ACTIVITIES}/iggy/restart`, '{"nodes":[7]}').reply(202);
      await bench.ends(0, ActivitiesTrigger, NAMED, '--profile prod --confirm', confirm);
    }
  });

  it('by --confirm needs an id where the name cannot be looked up, and is given for every node', async () => {
    const { stderr } = await bench.ends(2, ActivitiesTrigger, EVERY, '--confirm orders');
    assert.match(stderr, new RegExp(`^hint: Give one of: ${DEPLOYMENT}\\.$`, 'm'));
    expectPost('{}');
    await bench.ends(0, ActivitiesTrigger, EVERY, `--confirm ${DEPLOYMENT}`);
    await bench.ends(2, ActivitiesTrigger, EVERY, '--confirm', '');
  });

  it('comes after what an empty variable means, on a dry run, too', async () => {
    await bench.addProfile({ deployment_name: 'orders', protected: false });
    bench.env.LD_PROFILE = 'prod';
    bench.env.LD_DEPLOYMENT_ID = '';
    bench.showLog(() => [entry({ id: 5n, node_id: 7n })]);
    const { stderr } = await bench.ends(0, ActivitiesTrigger, EVERY, '--dry-run');
    assert.match(stderr, /^LD_DEPLOYMENT_ID is empty, so this is prod's deployment, orders$/m);
  });

  it('of --profile takes the profile whole, and says which variables that leaves out', async () => {
    await bench.addProfile({ deployment_name: 'orders', protected: false });
    bench.env.LD_API_KEY = `${KEY}-of-another-tenant`;
    bench.env.LD_DEPLOYMENT_ID = '99';
    expectPost('{"nodes":[7]}');
    const { stderr } = await bench.ends(0, ActivitiesTrigger, NAMED, '--profile prod');
    assert.match(
      stderr,
      /^--profile prod: ignoring .*LD_API_KEY.*LD_DEPLOYMENT_ID.* from the environment$/m,
    );
    assert.match(stderr, /^next: .* --node 7 --profile prod$/m);
  });

  refuses(ActivitiesTrigger, [
    [['postgres', 'restart'], /unknown runtime "postgres"/],
    ['iggy restart --yes --node ALL', /"ALL" is not a node\nhint: Leave --node out for every node/],
    ['iggy restart --yes --node …', /"…" is not a node\nhint: The end of an id takes three digits/],
    ['iggy restart --yes --timeout 0.0004s', /--timeout: 0\.0004s is shorter than 1ms/],
    ['iggy Restart --yes --config 42', /--config goes with reconfigure, not with Restart/],
    ['iggy restart:42', /unknown action "restart:42"/],
    ['iggy reconfigure:x --yes', /"x" is not an id/],
    ['iggy reconfigure:7 --config 8 --yes', /two configs: reconfigure:7 and --config 8/],
    ['iggy restart --config 42 --yes', /--config goes with reconfigure/],
    ['iggy restart --node -1', /--node/],
    ['iggy restart --node= --yes', /--node is empty/],
    ['iggy restart --node 7,,8 --yes', /--node is empty/],
    ['iggy restart --yes --expect-nodes 0', /--expect-nodes: give a whole number, 1 or more$/m],
    ['iggy restart --yes --timeout 10', /--timeout: "10" is not a duration/],
    ['iggy restart --yes --appear-timeout -1s', /--appear-timeout/],
    ['iggy restart --yes --if-busy join', /--if-busy/],
    [['iggy', 'restart', '--yes', '--idempotency-key', ''], /--idempotency-key/],
    [['iggy', 'restart', '--yes', '--idempotency-key', 'x'.repeat(201)], /--idempotency-key/],
    [
      'iggy restart --yes --idempotency-key -_-',
      /^error: --idempotency-key: "-_-" has no letter and no digit\nhint: Is a variable unset\?$/m,
    ],
    ['iggy restart --yes --supervisor-url http://supervisor.example', /https/],
  ]);
});
