import assert from 'node:assert/strict';
import nock from 'nock';
import ActivitiesRoll from '../../src/commands/activities/roll.js';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import ProfilesRemove from '../../src/commands/profiles/remove.js';
import Whoami from '../../src/commands/whoami.js';
import { stringifyJson } from '../../src/base/json.js';
import {
  CommandBench,
  CORE,
  DEPLOYMENT,
  entry,
  KEY,
  page,
  SUPERVISOR,
} from '../helpers/command.js';

const OTHER = 18446744073709551614n;
const ALL = 'iggy restart --yes';
const NAMED = 'iggy restart --node 7 --no-wait';

const at = (id: bigint, name: string) => ({
  ...{ id, name, cloud: 'aws', region: null, tier: null, variant: 'managed' },
  supervisor_url: SUPERVISOR,
});
const STRUCTURE = stringifyJson({
  id: 7261845022003200007n,
  name: 'acme',
  divisions: [
    {
      ...{ id: 1n, name: 'platform' },
      environments: [
        { id: 2n, name: 'production', deployments: [at(DEPLOYMENT, 'orders')] },
        { id: 3n, name: 'test', deployments: [at(OTHER, 'staging')] },
      ],
    },
  ],
});

/** Nobody can be asked: no terminal. Nock refuses every request that a test does not prepare. */
describe('a deployment that a stored profile protects', () => {
  let bench: CommandBench;
  beforeEach(async () => {
    bench = new CommandBench();
    for (const name of Object.keys(bench.env)) {
      if (name.startsWith('LD_')) bench.env[name] = undefined;
    }
    await bench.addProfile({ name: 'dev', deployment_id: OTHER, deployment_name: 'staging' });
    await bench.addProfile({ name: 'prod', deployment_name: 'orders', protected: true });
  });
  afterEach(() => bench.close());

  const core = () => bench.core.get(/\/structure$/).reply(200, STRUCTURE);
  /** One read and one POST, which show that the command acts. */
  function acts(id: bigint): void {
    nock(SUPERVISOR)
      .get(new RegExp(`^/deployments/${id}/activities`))
      .reply(200, page([entry({ id: 5n, node_id: 7n, deployment_id: id })]));
    nock(SUPERVISOR).post(`/deployments/${id}/activities/iggy/restart`).reply(202);
  }

  for (const [what, flags, env] of [
    ['another profile, and a flag', `-p dev -d ${DEPLOYMENT}`, {}],
    ['another profile, and a variable', '', { LD_DEPLOYMENT_ID: String(DEPLOYMENT) }],
    [
      'variables alone',
      '',
      { LD_DEPLOYMENT_ID: String(DEPLOYMENT), LD_API_KEY: 'key', LD_SUPERVISOR_URL: SUPERVISOR },
    ],
  ] as const) {
    it(`needs --confirm through ${what}, before anything is read`, async () => {
      Object.assign(bench.env, env);
      for (const [Command, args] of [
        [ActivitiesTrigger, ALL],
        [ActivitiesTrigger, NAMED],
        [ActivitiesRoll, ALL],
      ] as const) {
        const { stderr } = await bench.ends(2, Command, `${args} ${flags}`.trim());
        assert.match(stderr, /^hint: Profile prod protects it: add --confirm /m);
      }
    });
  }

  it('needs it through its name, once Core has said which one that is', async () => {
    for (const args of [ALL, NAMED]) {
      core();
      const { stderr } = await bench.ends(2, ActivitiesTrigger, args, '-p dev -d orders');
      assert.match(stderr, /^hint: Profile prod protects it/m);
    }
    core();
    acts(DEPLOYMENT);
    await bench.ends(0, ActivitiesTrigger, NAMED, '-p dev -d orders --confirm orders');
  });

  it('is not another one that its profile is used for', async () => {
    core();
    acts(OTHER);
    await bench.ends(0, ActivitiesTrigger, NAMED, `-p prod -d ${OTHER}`);
    acts(OTHER);
    Object.assign(bench.env, {
      ...{ LD_PROFILE: 'prod', LD_DEPLOYMENT_ID: String(OTHER), LD_SUPERVISOR_URL: SUPERVISOR },
    });
    await bench.ends(0, ActivitiesTrigger, NAMED);
  });

  it('may be known by its name alone, where its profile holds no id', async () => {
    const byName = { deployment_id: undefined, supervisor_url: undefined, protected: true };
    await bench.addProfile({ name: 'named', ...byName, deployment_name: 'platform/test/staging' });
    for (const flags of ['-p named', '-p dev -d staging']) {
      if (!flags.includes('named')) core();
      const { stderr } = await bench.ends(2, ActivitiesTrigger, ALL, flags);
      assert.match(stderr, /^hint: Profile named protects it/m);
    }
  });

  it('is asked for its name where its profile has that alone, and the command its id', async () => {
    const byName = { deployment_id: undefined, supervisor_url: undefined, protected: true };
    const tenant = { LD_API_KEY: KEY, LD_API_URL: CORE, LD_TENANT_ID: '7261845022003200007' };
    Object.assign(bench.env, tenant);
    Object.assign(bench.env, { LD_DEPLOYMENT_ID: String(OTHER), LD_SUPERVISOR_URL: SUPERVISOR });
    for (const [name, deployment_name] of [
      ['by-name', 'staging'],
      ['by-path', 'platform/test/staging'],
    ] as const) {
      await bench.addProfile({ name, ...byName, deployment_name });
      core();
      const { stderr } = await bench.ends(2, ActivitiesTrigger, ALL);
      assert.match(stderr, new RegExp(`^hint: Profile ${name} protects it`, 'm'));
      await bench.ends(0, ProfilesRemove, `${name} --yes`);
    }
  });

  it('is any, where its profile names none', async () => {
    await bench.addProfile({ name: 'any', deployment_id: undefined, protected: true });
    const { stderr } = await bench.ends(2, ActivitiesTrigger, ALL, `-p any -d ${OTHER}`);
    assert.match(stderr, /^hint: Profile any protects it/m);
    acts(OTHER);
    await bench.ends(0, ActivitiesTrigger, NAMED, '-p dev');
  });

  it('is protected in whoami, too', async () => {
    const known = stringifyJson({ id: 1n, name: 'ci', role_name: 'admin', permissions: {} });
    for (const [deployment, isProtected] of [
      ['orders', true],
      ['staging', false],
    ] as const) {
      nock(CORE)
        .get(/context$/)
        .reply(200, known);
      core();
      const json = await bench.json<{ protected: boolean }>(0, Whoami, `-p dev -d ${deployment}`);
      assert.equal(json.protected, isProtected);
    }
  });
});
