import assert from 'node:assert/strict';
import nock from 'nock';
import ActivitiesList from '../../src/commands/activities/list.js';
import ActivitiesRoll from '../../src/commands/activities/roll.js';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import { type Activity } from '../../src/base/activity.js';
import { stringifyJson } from '../../src/base/json.js';
import { ACTIVITIES, CommandBench, DEPLOYMENT, entry, page } from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';

const TENANT = 7261845022003200007n;
const PUBLIC = 'https://api.laserdata.cloud';
const PLACE = { division_id: 11n, environment_id: 12n };
const DEPLOYMENT_PATH = `/tenants/${TENANT}/divisions/11/environments/12/deployments/${DEPLOYMENT}`;
const COUNTED = `{"id":${DEPLOYMENT},"name":"orders","nodes_count":3,"supervisor_url":null}`;
const EVERY = 'iggy restart --yes --no-wait';
const NODES = [1n, 2n, 3n];
const STRUCTURE_PATH = `/tenants/${TENANT}/structure`;
const STRUCTURE = stringifyJson({
  id: TENANT,
  name: 'acme',
  divisions: [
    {
      ...{ id: PLACE.division_id, name: 'platform' },
      environments: [
        {
          ...{ id: PLACE.environment_id, name: 'production' },
          deployments: [{ id: DEPLOYMENT, name: 'orders' }],
        },
      ],
    },
  ],
});

const old = (id: bigint, node: bigint, fields: Partial<Activity> = {}): Activity =>
  entry({ id: 100n + id, node_id: node, action: 'start', ...PLACE, ...fields });

describe('before a POST', () => {
  let bench: CommandBench;
  /** Method and path of each request. */
  let requests: string[];
  beforeEach(() => {
    bench = new CommandBench();
    requests = [];
    for (const api of [bench.supervisor, bench.core]) {
      api.on('request', ({ method, path }: { method: string; path: string }) => {
        requests.push(`${method} ${path.replace(/[?].*/, '')}`);
      });
    }
  });
  afterEach(() => bench.close());

  /** A log of so many entries, of three nodes in turn, page by page. */
  function showLongLog(length: number): void {
    const entries = Array.from({ length }, (_, at) =>
      old(BigInt(length - at), NODES[at % NODES.length] ?? 1n, {
        created_at: new Date(bench.clock.now() - at * 60_000).toISOString(),
      }),
    );
    bench.showPages(entries, ({ uri }) => requests.push(`GET ${uri}`));
  }

  describe('an every-node trigger asks little, however long the log', () => {
    const before = (): string[] =>
      requests.slice(
        0,
        requests.findIndex((one) => one.startsWith('POST')),
      );

    const kept = { ...PLACE, deployment_path: 'platform/production/orders' };
    for (const [title, profile, structure, most] of [
      ['at most 4 requests, with the path of the deployment', {}, 200, 4],
      ['at most 4 where the key may not ask for the path', {}, 403, 4],
      ['at most 3 where the profile keeps where the deployment stands', kept, null, 3],
    ] as const) {
      it(title, async () => {
        await bench.addProfile(profile);
        showLongLog(1500);
        if (structure) bench.core.get(STRUCTURE_PATH).reply(structure, STRUCTURE);
        bench.core.get(DEPLOYMENT_PATH).reply(200, COUNTED);
        bench.supervisor.post(`${ACTIVITIES}/iggy/restart`, '{}').reply(202);
        const { stderr } = await bench.ends(0, ActivitiesTrigger, EVERY, '--profile prod');
        assert.ok(before().length <= most, before().join('\n'));
        const place = structure === 403 ? `deployment ${DEPLOYMENT}` : kept.deployment_path;
        // Not read to its end, it does not say how many there are.
        assert.match(stderr, new RegExp(`Z Restarting iggy on ${place}\n`));
      });
    }
  });

  it('has Core count the nodes of a new deployment, whose log is empty, if that is demanded', async () => {
    bench.env['LD_TENANT_ID'] = String(TENANT);
    bench.showLog([]);
    const demanded = `${EVERY} --expect-nodes deployment --dry-run`;
    const counted = bench.core.get(STRUCTURE_PATH).times(2).reply(200, STRUCTURE);
    counted.get(DEPLOYMENT_PATH).reply(200, COUNTED);
    assert.equal(
      (await bench.ends(0, ActivitiesTrigger, demanded)).stderr,
      'warning: Core counts 3 nodes; the log of the last 30 days lists none\n',
    );
    counted.get(DEPLOYMENT_PATH).reply(200, COUNTED.replace(':3,', ':0,'));
    const { stderr } = await bench.ends(5, ActivitiesTrigger, demanded);
    assert.match(stderr, /^error: Core counts no nodes in this deployment;/);
  });

  it('has Core count them without that, too, and says so beforehand', async () => {
    bench.env['LD_TENANT_ID'] = String(TENANT);
    bench.showLog([]);
    bench.core.get(STRUCTURE_PATH).reply(200, STRUCTURE).get(DEPLOYMENT_PATH).reply(200, COUNTED);
    const { stdout, stderr } = await bench.ends(0, ActivitiesTrigger, EVERY, '--dry-run');
    assert.match(stderr, /^warning: Core counts 3 nodes; the log of the last 30 days lists none$/m);
    assert.match(stdout, /^Would restart iggy on all 3 nodes of platform\/production\/orders$/m);
  });

  describe('no key travels to a Core that nobody named', () => {
    let asked: string[];
    const noteUnknown = (request: { path?: string; options?: { hostname?: string } }): void =>
      void asked.push(String(request.options?.hostname));
    beforeEach(() => {
      asked = [];
      nock.emitter.on('no match', noteUnknown);
      delete bench.env['LD_API_URL'];
      bench.env['LD_TENANT_ID'] = String(TENANT);
      bench.showLog([old(1n, 1n)]);
    });
    afterEach(() => nock.emitter.off('no match', noteUnknown));

    it('for the path of a headline, nor for a name to confirm', async () => {
      bench.isTerminal = true;
      bench.supervisor.post(`${ACTIVITIES}/iggy/restart`, '{"nodes":[1]}').reply(202);
      const named = 'iggy restart --node 1 --no-wait';
      await bench.ends(0, ActivitiesTrigger, named);
      await bench.ends(2, ActivitiesTrigger, named, '--confirm orders');
      assert.deepEqual(asked, []);
    });

    it('and for a supervisor under laserdata.cloud it is certain which it is', async () => {
      const supervisor = 'https://supervisor-aws-us.laserdata.cloud';
      bench.env['LD_SUPERVISOR_URL'] = supervisor;
      const log = nock(supervisor).persist().get(ACTIVITIES).query(true);
      log.reply(200, page([old(1n, 1n)]), { 'content-type': 'application/json' });
      nock(supervisor).post(`${ACTIVITIES}/iggy/restart`).reply(202);
      const core = nock(PUBLIC).get(DEPLOYMENT_PATH);
      core.reply(200, COUNTED, { 'content-type': 'application/json' });
      const { stderr } = await bench.ends(0, ActivitiesTrigger, EVERY);
      assert.match(stderr, /^warning: Core counts 3 nodes; the log of the last 30 days lists 1$/m);
      nock.cleanAll();
    });
  });

  it('says in a dry run which node the end of an id may mean', async () => {
    bench.showLog([old(3n, 610809900976570889n)]);
    const dry = 'iggy stop --dry-run --node 889';
    const { stderr } = await bench.ends(0, ActivitiesTrigger, dry);
    assert.match(stderr, /889 is the end of 610809900976570889: give the whole id/);
  });

  describe('a busy node', () => {
    beforeEach(() => delete bench.env['LD_API_URL']);
    const open = (id: bigint, ageMs: number) =>
      old(id, 3n, {
        action: 'restart',
        status: 'processing',
        created_at: new Date(bench.clock.now() - ageMs).toISOString(),
        finished_at: null,
      });
    // Its older entry is not said beside the newer one.
    const busy = () => [open(3n, 3000), old(2n, 2n), open(1n, 9000)];

    for (const [Command, nodes] of [
      [ActivitiesTrigger, ''],
      [ActivitiesTrigger, ' --node 2,3'],
      [ActivitiesRoll, ''],
      [ActivitiesRoll, ' --node 3'],
    ] as const) {
      it(`stands in the dry run of ${Command.name} ${nodes}, with 5 where it fails`, async () => {
        bench.showLog(busy);
        const dry = `iggy stop --dry-run${nodes}`;
        const shown = await bench.ends(0, Command, dry);
        assert.match(shown.stderr, /^warning: node 3 is being restarted \(3s\)$/m);
        const failing = await bench.run(Command, dry, '--if-busy fail -o json');
        const { error } = parseJson(failing.stdout) as { error: { code: string } };
        assert.deepEqual([failing.code, error.code], [5, 'busy']);
      });
    }

    const QUEUED = { status: 'queued', finished_at: null };
    const later = (fields: Partial<Activity>) => old(9n, 3n, { action: 'stop', ...fields });
    for (const [what, log, says] of [
      ['has a status that no one knows', [], /node 3 is being restarted \(3s, queued\)$/m],
      ['has done something since that is not final', [later(QUEUED)], /being stopped/],
      ['has an end', [], null],
      ['has completed something since', [later({})], null],
      ['was rejected since', [later({ status: 'rejected' })], null],
      ['has completed something of another runtime', [later({ runtime: 'connectors' })], /queued/],
      ['is not the one that has completed something', [old(9n, 2n)], /queued/],
    ] as const) {
      it(`is one that ${what}: ${says ? 'yes' : 'no'}`, async () => {
        const finished_at = what === 'has an end' ? '2026-06-01T12:00:05.500Z' : null;
        const queued = { ...open(3n, 3000), status: 'queued', finished_at };
        bench.showLog(() => [...log, queued, old(2n, 3n), old(1n, 2n)]);
        const dry = 'iggy stop --dry-run --node 3';
        const { stderr } = await bench.ends(0, ActivitiesTrigger, dry);
        const fails = await bench.run(ActivitiesTrigger, dry, '--if-busy fail');
        assert.equal(fails.code, says ? 5 : 0);
        if (says) assert.match(stderr, says);
        else assert.equal(stderr, '');
        if (says) assert.match(fails.stderr, /node 3 \(activity \d+, (restart|stop), queued\)/);
      });
    }

    for (const how of ['', ' --dry-run']) {
      it(`is found below the first page by a roll with --if-busy fail${how}`, async () => {
        const newer = Array.from({ length: 120 }, (_, n) => old(BigInt(200 - n), 3n));
        bench.showPages([...newer, open(3n, 3000), old(1n, 3n)], () => undefined);
        const words = `iggy stop --node 3 --if-busy fail${how}`;
        const { stderr } = await bench.ends(5, ActivitiesRoll, words);
        assert.match(stderr, /already processing: node 3 /);
      });
    }

    for (const nodes of [' --yes', ' --node 3']) {
      it(`is warned of once before a trigger:${nodes}`, async () => {
        bench.showLog(busy);
        bench.supervisor.post(`${ACTIVITIES}/iggy/stop`).reply(202);
        const { stderr } = await bench.ends(0, ActivitiesTrigger, `iggy stop --no-wait${nodes}`);
        assert.equal(stderr.match(/^warning: .*node 3/gm)?.length, 1, stderr);
      });
    }

    it('that is not meant stands in none', async () => {
      bench.showLog(busy);
      const dry = 'iggy stop --dry-run --node 2 --if-busy fail';
      const { stderr } = await bench.ends(0, ActivitiesTrigger, dry);
      assert.doesNotMatch(stderr, /being restarted/);
    });
  });

  it('the headline has the number that Core counts', async () => {
    bench.showLog(() => NODES.map((node) => old(node, node)));
    bench.core.get(DEPLOYMENT_PATH).reply(200, COUNTED);
    bench.supervisor.post(`${ACTIVITIES}/iggy/restart`, '{}').reply(202);
    const { stderr } = await bench.run(ActivitiesTrigger, EVERY);
    assert.match(stderr, /Restarting iggy on \S+ \d+: 3 nodes$/m);
  });

  it('a proxy whose password cannot be decoded is a usage error, of every command', async () => {
    const { HTTPS_PROXY } = process.env;
    process.env['HTTPS_PROXY'] = 'http://me:50%off@proxy.example:3128';
    try {
      const named = 'iggy restart --node 1';
      for (const [Command, args] of [
        [ActivitiesTrigger, named],
        [ActivitiesRoll, named],
        [ActivitiesList, []],
      ] as const) {
        const { stderr } = await bench.ends(2, Command, args);
        assert.match(stderr, /^error: HTTPS_PROXY/m);
        assert.doesNotMatch(stderr, /50%off/);
      }
    } finally {
      if (HTTPS_PROXY === undefined) delete process.env['HTTPS_PROXY'];
      else process.env['HTTPS_PROXY'] = HTTPS_PROXY;
    }
  });
});
