import assert from 'node:assert/strict';
import nock from 'nock';
import ActivitiesRoll from '../../src/commands/activities/roll.js';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import { type Activity } from '../../src/base/activity.js';
import { ACTIVITIES, CommandBench, CORE, DEPLOYMENT, entry, problem } from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';

const TENANT = 7261845022003200007n;
const PLACE = { division_id: 11n, environment_id: 12n };
const DEPLOYMENT_PATH = `/tenants/${TENANT}/divisions/11/environments/12/deployments/${DEPLOYMENT}`;
const PATH = `${ACTIVITIES}/iggy/restart`;
const EVERY_NODE = 'iggy restart --yes --timeout 0 -o json';

const old = (id: bigint, node: bigint, fields: Partial<Activity> = {}): Activity =>
  entry({ id: 100n + id, node_id: node, action: 'start', ...PLACE, ...fields });
const own = (id: bigint, node: bigint): Activity =>
  entry({ id: 200n + id, node_id: node, ...PLACE });

interface Result {
  nodes: Array<{ node_id: bigint | null; status: string }>;
  error?: { code: string; exit_code: bigint };
}

describe('activities trigger, how many nodes there are', () => {
  let bench: CommandBench;
  beforeEach(() => (bench = new CommandBench()));
  afterEach(() => bench.close());

  function coreCounts(nodes: number): void {
    bench.core
      .get(DEPLOYMENT_PATH)
      .reply(
        200,
        `{"id":${DEPLOYMENT},"name":"prod","nodes_count":${nodes},"supervisor_url":null}`,
      );
  }

  it('is what the log lists, said before the POST', async () => {
    bench.logGrows([old(2n, 2n), old(1n, 1n)], [own(2n, 2n), own(1n, 1n)]);
    bench.supervisor.post(PATH, '{}').reply(202);
    const { stderr } = await bench.ends(0, ActivitiesTrigger, EVERY_NODE);
    assert.match(stderr, /^\S+ idempotency key a-random-key, log read up to 102, 2 nodes$/m);
  });

  describe('--expect-nodes N, before anything is sent', () => {
    const TWO = [old(2n, 2n), old(1n, 1n)];
    const DENIED = { status: 403, body: problem(403, 'forbidden', 'No.') };
    const expecting = (words: string) =>
      bench.run(ActivitiesTrigger, EVERY_NODE, `--expect-nodes ${words}`);

    for (const [expected, core, numbers] of [
      [9, 3, '9 nodes expected: the log lists 2 nodes and Core counts 3'],
      [2, 3, '2 nodes expected: the log lists 2 nodes and Core counts 3'],
      [1, 3, '1 node expected: the log lists 2 nodes and Core counts 3'],
      [3, 2, '3 nodes expected: the log lists 2 nodes and Core counts 2'],
      [1, null, '1 node expected: the log lists 2 nodes'],
    ] as const) {
      for (const how of ['', ' --dry-run', ' --no-wait']) {
        it(`refuses ${expected} of 2 listed and ${core} counted with 5 and the numbers${how}`, async () => {
          bench.logGrows(TWO);
          if (core !== null) coreCounts(core);
          const { code, stdout, stderr } = await expecting(`${expected}${how}`);
          assert.deepEqual(
            [code, (parseJson(stdout) as Result).error?.code],
            [5, 'other_node_count'],
          );
          assert.ok(stderr.includes(`${numbers}; nothing was sent`), stderr);
        });
      }
    }

    for (const [expected, core] of [
      [3, 3],
      [2, 2],
      [2, 1],
      [1, 1],
      [2, null],
    ] as const) {
      it(`goes ahead with ${expected} of 2 listed and ${core} counted`, async () => {
        bench.logGrows(TWO);
        if (core !== null) coreCounts(core);
        bench.supervisor.post(PATH, '{}').reply(202);
        const { code, stderr } = await expecting(`${expected} --no-wait`);
        assert.equal(code, 0, stderr);
        assert.doesNotMatch(stderr, /checked at the end/);
      });
    }

    it('without Core believes more than the log lists, says so, and checks it at the end', async () => {
      bench.logGrows(TWO, [own(3n, 3n), own(2n, 2n), own(1n, 1n)]);
      bench.core.get(DEPLOYMENT_PATH).reply(DENIED.status, DENIED.body);
      bench.supervisor.post(PATH, '{}').reply(202);
      const { code, stderr } = await expecting('3');
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^the log lists 2 nodes; whether there are 3 is checked at the end$/m);
    });

    it('counts nodes of this runtime only', async () => {
      bench.logGrows([old(3n, 3n, { runtime: 'connectors' }), ...TWO]);
      coreCounts(3);
      const { code, stdout } = await expecting('1 --dry-run');
      assert.equal(code, 5, stdout);
      coreCounts(3);
      assert.equal((await expecting('2 --dry-run')).code, 0);
    });

    it('asks no guard of a run that continues from a record', async () => {
      bench.logGrows(TWO, [own(2n, 2n), own(1n, 1n)]);
      coreCounts(2);
      bench.supervisor.post(PATH, '{}').reply(202);
      const key = '--idempotency-key deploy-7';
      assert.equal((await expecting(`2 ${key} --no-wait`)).code, 0);
      // The record keeps the count that it started with, and nothing is posted again.
      const { code, stderr } = await expecting(`9 ${key}`);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /completed on 2 of 2 nodes/);
    });
  });

  describe('--expect-nodes deployment', () => {
    const args = `${EVERY_NODE} --expect-nodes deployment`;

    it('takes what Core counts, where the log says that the deployment stands, and goes by node', async () => {
      bench.logGrows([old(1n, 1n)], [own(2n, 2n), own(1n, 1n)]);
      coreCounts(3);
      bench.supervisor.post(PATH, '{}').reply(202);
      const { stdout, stderr } = await bench.ends(7, ActivitiesTrigger, args);
      assert.match(stderr, / log read up to 101, 3 nodes$/m);
      const { nodes } = parseJson(stdout) as Result;
      assert.deepEqual(
        nodes.map(({ node_id: node, status }) => `${node} ${status}`),
        ['1 completed', '2 completed', 'null missing'],
      );
    });

    it('completes with as many', async () => {
      bench.logGrows([old(2n, 2n), old(1n, 1n)], [own(1n, 1n)]);
      coreCounts(1);
      bench.supervisor.post(PATH, '{}').reply(202);
      await bench.ends(0, ActivitiesTrigger, args);
    });

    for (const [status, apiCode, exitCode] of [
      [401, 'unauthorized', 4],
      [403, 'forbidden', 4],
      [404, 'not_found', 5],
    ] as const) {
      it(`ends with ${exitCode} at a ${status}, and sends nothing`, async () => {
        bench.logGrows([old(1n, 1n)]);
        bench.core.get(DEPLOYMENT_PATH).reply(status, problem(status, apiCode, 'No.'));
        const { code, stdout } = await bench.run(ActivitiesTrigger, args);
        assert.deepEqual([code, (parseJson(stdout) as Result).error?.code], [exitCode, apiCode]);
      });
    }

    it('ends with 6 where Core cannot be reached, and sends nothing; the same on a dry run', async () => {
      bench.logGrows([old(1n, 1n)]);
      await bench.ends(6, ActivitiesTrigger, args);
      await bench.ends(6, ActivitiesTrigger, args, '--dry-run');
    });

    it('ends with 5 where Core counts no nodes, and where no entry says where the deployment stands', async () => {
      let log = [old(1n, 1n)];
      bench.showLog(() => log);
      coreCounts(0);
      for (const why of [/Core counts no nodes in/, /the log is empty/]) {
        const { stderr } = await bench.ends(5, ActivitiesTrigger, args);
        assert.match(stderr, why);
        log = [];
      }
    });

    it('cannot be used with named nodes, and is the only word', async () => {
      await bench.ends(2, ActivitiesTrigger, args, '--node 1');
      await bench.ends(2, ActivitiesTrigger, EVERY_NODE, '--expect-nodes cluster');
    });
  });

  describe('of a roll that names none', () => {
    const ROLL = `${EVERY_NODE} --node-timeout 0`;
    /** Each node has its own POST; its entry is there at once. */
    function rolls(before: readonly Activity[]): void {
      const entries = [...before];
      bench.showLog(() => entries);
      for (const { node_id: node } of before) {
        bench.supervisor.post(PATH, `{"nodes":[${node}]}`).reply(() => {
          entries.unshift(own(BigInt(entries.length), node));
          return [202];
        });
      }
    }
    const TWO = [old(2n, 2n), old(1n, 1n)];

    for (const [expected, counted] of [
      ['3', null],
      ['3', 3],
      ['deployment', 3],
      ['1', null],
    ] as const) {
      it(`is held against --expect-nodes ${expected} with ${counted} counted before anything is sent`, async () => {
        bench.logGrows(TWO);
        if (counted !== null) coreCounts(counted);
        const args = [ROLL, '--expect-nodes', expected];
        const { code, stdout, stderr } = await bench.run(ActivitiesRoll, ...args);
        assert.deepEqual(
          [code, (parseJson(stdout) as Result).error?.code],
          [5, 'other_node_count'],
        );
        assert.match(
          stderr,
          /^error: [13] nodes? expected: the log lists 2 nodes.*; nothing was sent$/m,
        );
      });
    }

    it('continues with as many', async () => {
      rolls(TWO);
      await bench.ends(0, ActivitiesRoll, ROLL, '--expect-nodes 2');
    });

    it('takes the nodes of its record, however many there are by now, and sends nothing twice', async () => {
      rolls(TWO);
      const key = '--idempotency-key deploy-7';
      await bench.ends(0, ActivitiesRoll, ROLL, key);
      nock.cleanAll();
      const more = [old(9n, 9n), own(3n, 2n), own(2n, 1n), ...TWO];
      bench.showLog(more);
      const { stdout } = await bench.ends(0, ActivitiesRoll, ROLL, key, '--expect-nodes=2');
      assert.deepEqual(
        (parseJson(stdout) as Result).nodes.map(({ node_id: node }) => node),
        [1n, 2n],
      );
    });

    it('asks no Core that nobody named', async () => {
      delete bench.env['LD_API_URL'];
      rolls(TWO);
      const { stderr } = await bench.ends(0, ActivitiesRoll, ROLL, '--debug');
      assert.doesNotMatch(stderr, new RegExp(`laserdata.cloud|${CORE}`));
    });
  });
});
