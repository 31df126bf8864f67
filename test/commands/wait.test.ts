import assert from 'node:assert/strict';
import ActivitiesWait from '../../src/commands/activities/wait.js';
import { type Activity } from '../../src/base/activity.js';
import { CommandBench, DEPLOYMENT, entry, refuses } from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';

const FIRST = entry({ id: 7301845022003200001n, node_id: 7n });
const SECOND = entry({
  id: 7301845022003200002n,
  node_id: 18446744073709551615n,
  runtime: 'connectors',
  status: 'rejected',
});
const AFTER_FIRST = `--after ${FIRST.id} --runtime iggy --action restart`;
const FOREVER = '--timeout 0 -o json';

interface Result {
  outcome: string;
  resume: string | null;
  nodes: Array<{ node_id: bigint | null; activity_id: bigint | null; status: string | null }>;
}

describe('activities wait', () => {
  let bench: CommandBench;
  beforeEach(() => (bench = new CommandBench()));
  afterEach(() => bench.close());

  it('prints the shape of trigger, with null for what it cannot know or the activities do not share', async () => {
    bench.showLog([SECOND, FIRST]);
    const { stdout } = await bench.ends(3, ActivitiesWait, `${FIRST.id},${SECOND.id}`, FOREVER);
    const shown = ({ node_id, id, status, created_at, finished_at }: Activity): object => ({
      node_id,
      node_name: null,
      activity_id: id,
      status,
      created_at,
      finished_at,
      ambiguous: false,
      ...(status === 'rejected' && { last_completed: null }),
    });
    assert.deepEqual(parseJson(stdout), {
      outcome: 'rejected',
      runtime: null,
      action: 'restart',
      deployment_id: DEPLOYMENT,
      idempotency_key: null,
      targets: 'named',
      core_count: null,
      sent: false,
      replayed: null,
      recovered: null,
      request_id: null,
      nodes: [shown(FIRST), shown(SECOND)],
      not_acted_on: [],
      resume: null,
    });
  });

  const FROM = '--after 7301845022003200000 --runtime iggy --action restart --nodes-from -';
  for (const [what, input, says, next] of [
    [
      'a table',
      'NODE  IGGY\n7     restart\n',
      /line 1 is the header of a table/,
      /nodes list -o json/,
    ],
    ['nothing', '\n', /stdin lists no node/, /Is the command before the pipe empty\?/],
    ['ids in one line without commas', '7 8\n', /several ids in one value/, /with commas/],
    ['JSON without a list', '{"nodes":7}', /this JSON holds no list of nodes/, /list of ids/],
    ['an error', '{"error":{"code":"timeout"}}', /this list broke off/, /Make the list again/],
  ] as const) {
    it(`takes no nodes from ${what}, and says what to do`, async () => {
      bench.input = input;
      const { stderr } = await bench.ends(2, ActivitiesWait, FROM, FOREVER);
      assert.match(stderr, says);
      assert.match(stderr, next);
    });
  }

  it('takes nodes from lines, with commas, and as JSON strings', async () => {
    const nodes = [7n, 8n, 9n];
    bench.showLog(() =>
      nodes.map((node_id) => entry({ ...FIRST, id: FIRST.id + node_id, node_id })),
    );
    bench.input = '7, 8\n"9" # the last\n';
    const { stdout } = await bench.ends(0, ActivitiesWait, FROM, FOREVER);
    const found = (parseJson(stdout) as Result).nodes.map(({ node_id: node }) => node);
    assert.deepEqual(found, nodes);
    await bench.ends(2, ActivitiesWait, `${FIRST.id} --nodes-from -`);
  });

  it('ends with 5 after two reads a second apart, when the log has no such activity', async () => {
    bench.showLog([FIRST]);
    const startedAt = bench.clock.elapsed();
    const { code, stdout, stderr } = await bench.run(ActivitiesWait, '1', FOREVER);
    assert.equal(code, 5, stderr);
    assert.equal(bench.clock.elapsed() - startedAt, 1000);
    const { error } = parseJson(stdout) as { error: { code: string; message: string } };
    assert.deepEqual(
      [error.code, error.message],
      ['activity_not_found', 'the log has no activity 1'],
    );
    assert.match(stderr, new RegExp(`The closest in the log: ${FIRST.id}`));
  });

  it('follows an entry that is a moment late', async () => {
    const startedAt = bench.clock.elapsed();
    const isThere = () => bench.clock.elapsed() - startedAt >= 1000;
    bench.showLog(() => (isThere() ? [SECOND, FIRST] : [SECOND]));
    await bench.ends(0, ActivitiesWait, `${FIRST.id}`, FOREVER);
  });

  it('names those of several that the log does not have, and follows the others', async () => {
    const startedAt = bench.clock.elapsed();
    bench.showLog(() => {
      const isDone = bench.clock.elapsed() - startedAt > 5000;
      return [isDone ? FIRST : { ...FIRST, status: 'processing', finished_at: null }];
    });
    const args = `${FIRST.id} ${SECOND.id} ${FOREVER}`;
    const { stdout } = await bench.ends(7, ActivitiesWait, args);
    const { outcome, nodes, resume } = parseJson(stdout) as Result;
    assert.equal(outcome, 'unconfirmed');
    assert.deepEqual(
      nodes.map(({ activity_id, status }) => [activity_id, status]),
      [
        [FIRST.id, 'completed'],
        [SECOND.id, 'missing'],
      ],
    );
    assert.equal(resume, `ldctl activities wait ${FIRST.id} ${SECOND.id}`);
  });

  it('with --after correlates from that baseline as the trigger did', async () => {
    bench.showLog(() => [entry({ id: SECOND.id + 5n, node_id: 7n }), SECOND, FIRST]);
    const { stdout } = await bench.ends(0, ActivitiesWait, `${AFTER_FIRST} --node 7`, FOREVER);
    const { nodes } = parseJson(stdout) as Result;
    assert.deepEqual(
      nodes.map(({ activity_id }) => activity_id),
      [SECOND.id + 5n],
    );
  });

  it('with --after and --expect-nodes ends with 7 while one is missing', async () => {
    bench.showLog(() => [entry({ id: SECOND.id, node_id: 7n }), FIRST]);
    const words = `${AFTER_FIRST} --expect-nodes 2`;
    const { stdout } = await bench.ends(7, ActivitiesWait, words, FOREVER);
    const { nodes, resume } = parseJson(stdout) as Result;
    const rows = nodes.map(({ node_id: node, status }) => `${node} ${status}`);
    assert.deepEqual(rows, ['7 completed', 'null missing']);
    assert.equal(resume, `ldctl activities wait ${words}`);
  });

  describe('with --after, on every node, counts as its run did', () => {
    const PLACE = { division_id: 11n, environment_id: 12n };
    const own = (id: bigint, node: bigint) => entry({ id: 200n + id, node_id: node, ...PLACE });
    const LOG = [
      ...[own(2n, 2n), own(1n, 1n)],
      ...[3n, 2n, 1n].map((node) =>
        entry({ id: 100n + node, node_id: node, action: 'start', ...PLACE }),
      ),
    ];
    const COUNTED = `{"id":${DEPLOYMENT},"name":"orders","nodes_count":2,"supervisor_url":null}`;
    const AFTER = `--after 103 --runtime iggy --action restart ${FOREVER}`;
    const DEPLOYMENT_PATH = `/tenants/${FIRST.tenant_id}/divisions/11/environments/12/deployments/${DEPLOYMENT}`;

    it('so that a node that has left, and Core no longer counts, is named and not missing', async () => {
      bench.showLog(() => LOG);
      bench.core.get(DEPLOYMENT_PATH).reply(200, COUNTED);
      const { stdout } = await bench.ends(0, ActivitiesWait, AFTER);
      const { nodes, not_acted_on: left } = parseJson(stdout) as Result & {
        not_acted_on: string[];
      };
      assert.deepEqual([nodes.map(({ node_id: node }) => node), left], [[1n, 2n], ['3']]);
    });

    it('so that one which Core counts is missing if it has no entry', async () => {
      bench.showLog(() => [own(3n, 3n), ...LOG]);
      bench.core.get(DEPLOYMENT_PATH).reply(200, COUNTED.replace('count":2', 'count":4'));
      const { stdout, stderr } = await bench.ends(7, ActivitiesWait, AFTER);
      const { nodes } = parseJson(stdout) as Result;
      assert.deepEqual(
        nodes.map(({ node_id: node }) => node),
        [1n, 2n, 3n, null],
      );
      assert.match(
        stderr,
        /^✗ restart of iggy: 3 of 4 nodes have an entry in the log; Core counts 4$/m,
      );
    });

    it('so that what came after the trigger lists no node', async () => {
      const started = entry({ id: 210n, node_id: 9n, action: 'start', ...PLACE });
      bench.showLog(() => [started, own(3n, 3n), ...LOG]);
      bench.core.get(DEPLOYMENT_PATH).reply(200, COUNTED.replace('count":2', 'count":3'));
      const { stdout } = await bench.ends(0, ActivitiesWait, AFTER);
      const { nodes } = parseJson(stdout) as Result;
      assert.deepEqual(
        nodes.map(({ node_id: node }) => node),
        [1n, 2n, 3n],
      );
    });

    it('and without Core, where none counts', async () => {
      bench.showLog(() => LOG);
      bench.core.get(DEPLOYMENT_PATH).reply(403, '{}');
      await bench.ends(7, ActivitiesWait, AFTER);
    });

    it('and Ctrl-C meanwhile ends it with the command that resumes it', async () => {
      bench.showLog(() => {
        bench.interrupt('SIGINT');
        return LOG;
      });
      const { stdout } = await bench.ends(130, ActivitiesWait, AFTER);
      const { outcome, resume } = parseJson(stdout) as Result;
      assert.deepEqual(
        [outcome, resume],
        ['interrupted', 'ldctl activities wait --after 103 --runtime iggy --action restart'],
      );
    });
  });

  it('without an id refuses off a terminal, and asks for nothing: a variable may be unset', async () => {
    const { code, stdout, stderr } = await bench.run(ActivitiesWait, FOREVER);
    assert.equal(code, 2, stderr);
    assert.equal((parseJson(stdout) as { error: { code: string } }).error.code, 'usage');
    assert.match(
      stderr,
      /^error: nothing to wait for\nhint: Give ids of activities, or --after ID.* Is a variable unset\?$/m,
    );
  });

  for (const what of [`${FIRST.id}`, '--after 0 --runtime iggy --action restart']) {
    it(`refuses the log of another tenant: ${what}`, async () => {
      bench.env['LD_TENANT_ID'] = '9';
      bench.showLog([SECOND, FIRST]);
      const { stderr } = await bench.ends(5, ActivitiesWait, what);
      assert.match(stderr, /belongs to tenant \d+, and LD_TENANT_ID is for tenant 9$/m);
    });
  }

  describe('without an id, at a terminal', () => {
    beforeEach(() => (bench.isTerminal = true));

    it('follows what is processing, and that alone', async () => {
      const running = { ...SECOND, status: 'processing', finished_at: null };
      let reads = 0;
      bench.showLog(() => [(reads += 1) < 4 ? running : SECOND, FIRST]);
      const { stdout } = await bench.ends(3, ActivitiesWait, FOREVER);
      assert.deepEqual(
        (parseJson(stdout) as Result).nodes.map(({ activity_id, status }) => [activity_id, status]),
        [[SECOND.id, 'rejected']],
      );
    });

    it('is done where nothing is', async () => {
      bench.showLog([SECOND, FIRST]);
      const { code, stdout, stderr } = await bench.run(ActivitiesWait);
      assert.deepEqual([code, stdout], [0, '']);
      assert.match(stderr, /^nothing is processing$/m);
    });

    it('refuses the log of another deployment', async () => {
      bench.showLog([{ ...SECOND, deployment_id: 9n }]);
      const { stderr } = await bench.ends(6, ActivitiesWait);
      assert.match(stderr, /^error: .*deployment 9\b/m);
    });
  });

  refuses(ActivitiesWait, [
    ['7 --after 8', /ids or --after, not both/],
    ['--after 8', /--after needs --runtime and --action/],
    ['--after 8 --runtime iggy --action explode', /unknown action "explode"/],
    [['--after', '8', '--runtime', 'iggy', '--action', 'stop', '--node', ''], /--node is empty/],
    ['7 --runtime iggy', /--runtime goes with --after/],
    [['18446744073709551616'], /is at most 18446744073709551615/],
    [['7x'], /"7x" is not an id/],
  ]);
});
