import assert from 'node:assert/strict';
import nock from 'nock';
import ActivitiesList from '../../src/commands/activities/list.js';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import Whoami from '../../src/commands/whoami.js';
import { stringifyJson } from '../../src/base/json.js';
import { CommandBench, DEPLOYMENT, entry, KEY, page, SUPERVISOR } from '../helpers/command.js';

/** The bench's is prod. As a double, staging's id would be the largest of all. */
const [PROD, STAGING] = [DEPLOYMENT, 18446744073709551614n];
const STAGING_URL = 'https://supervisor-staging.example';
const TENANT = 7261845022003200007n;

const at = (id: bigint, name: string, supervisor_url: string | null) => ({
  ...{ id, name, supervisor_url, cloud: 'aws', region: null, tier: null, variant: 'managed' },
});
const STRUCTURE = stringifyJson({
  id: TENANT,
  name: 'acme',
  divisions: [
    {
      ...{ id: 1n, name: 'platform' },
      environments: [
        { id: 2n, name: 'production', deployments: [at(PROD, 'prod', 'https://new.example')] },
        { id: 3n, name: 'test', deployments: [at(STAGING, 'staging', STAGING_URL)] },
        { id: 4n, name: 'a', deployments: [at(41n, 'twin', STAGING_URL)] },
        { id: 5n, name: 'b', deployments: [at(51n, 'twin', STAGING_URL)] },
      ],
    },
  ],
});

/** Where `bench.close` finds no answer left, each was asked for; nock refuses any other request. */
describe('LD_SUPERVISOR_URL', () => {
  let bench: CommandBench;
  beforeEach(() => {
    bench = new CommandBench();
    bench.env.LD_TENANT_ID = String(TENANT);
  });
  afterEach(() => bench.close());

  const core = () => bench.core.get(`/tenants/${TENANT}/structure`).reply(200, STRUCTURE);
  /** The supervisor there has the log, and gets the key. */
  const logAt = (url: string, id: bigint) =>
    nock(url, { reqheaders: { 'ld-api-key': KEY } })
      .get(`/deployments/${id}/activities?page=1&results=100`)
      .reply(200, page([entry({ id: 5n, node_id: 7n, deployment_id: id })]));
  const list = (...flags: string[]) => bench.ends(0, ActivitiesList, ...flags);

  const IGNORED: ReadonlyArray<
    readonly [what: string, LD_DEPLOYMENT_ID: string, flag: string, id: bigint, says: string]
  > = [
    [
      'id',
      `${PROD}`,
      `${STAGING}`,
      STAGING,
      `deployment ${PROD} (LD_DEPLOYMENT_ID), not to deployment ${STAGING}`,
    ],
    [
      'name',
      `${PROD}`,
      'staging',
      STAGING,
      `deployment ${PROD} (LD_DEPLOYMENT_ID), not to platform/test/staging`,
    ],
    [
      'name in both',
      'prod',
      'staging',
      STAGING,
      'deployment prod (LD_DEPLOYMENT_ID), not to platform/test/staging',
    ],
    [
      'id, and the variable a name',
      'prod',
      `${STAGING}`,
      STAGING,
      'deployment prod (LD_DEPLOYMENT_ID), not to platform/test/staging',
    ],
    [
      'path, and the variable a name that two have',
      'twin',
      'platform/a/twin',
      41n,
      'deployment twin (LD_DEPLOYMENT_ID), not to platform/a/twin',
    ],
    [
      'name, and the variable one that is gone',
      'gone',
      'staging',
      STAGING,
      'deployment gone (LD_DEPLOYMENT_ID), not to platform/test/staging',
    ],
  ];
  for (const [what, variable, flag, id, says] of IGNORED) {
    it(`is ignored where -d is another deployment, by ${what}: Core knows its supervisor`, async () => {
      bench.env.LD_DEPLOYMENT_ID = variable;
      core();
      logAt(STAGING_URL, id);
      const { stderr } = await list(`-d ${flag}`);
      assert.equal(stderr, `LD_SUPERVISOR_URL is ignored: it belongs to ${says}\n`);
    });
  }

  for (const [what, variable, flag, asksCore] of [
    ['id', `${PROD}`, `${PROD}`, false],
    ['name, and the variable its id', `${PROD}`, 'prod', true],
    ['id, and the variable its path', 'platform/production/prod', `${PROD}`, true],
    ['name, and the variable its path', 'platform/production/prod', 'prod', true],
    ['id, and no variable', undefined, `${PROD}`, false],
  ] as const) {
    it(`counts where -d is the same deployment, by ${what}`, async () => {
      bench.env.LD_DEPLOYMENT_ID = variable;
      if (asksCore) core();
      logAt(SUPERVISOR, PROD);
      const { stderr } = await list(`-d ${flag}`);
      assert.equal(stderr, '');
    });
  }

  describe('beside a profile', () => {
    beforeEach(async () => {
      bench.env.LD_DEPLOYMENT_ID = undefined;
      await bench.addProfile({
        deployment_path: 'platform/production/prod',
        supervisor_url: 'https://old.example',
      });
    });

    it("is ignored where -d is another deployment than the profile's", async () => {
      core();
      logAt(STAGING_URL, STAGING);
      const { stderr } = await list(`-d ${STAGING}`);
      assert.match(
        stderr,
        /^LD_SUPERVISOR_URL is ignored: it belongs to platform\/production\/prod \(profile prod\), not to deployment 18446744073709551614$/m,
      );
    });

    it("overrides the URL of the profile's own deployment", async () => {
      logAt(SUPERVISOR, PROD);
      assert.equal((await list()).stderr, '');
    });

    it('goes with LD_DEPLOYMENT_ID, whatever the profile says', async () => {
      bench.env.LD_DEPLOYMENT_ID = String(STAGING);
      logAt(SUPERVISOR, STAGING);
      assert.equal((await list()).stderr, '');
    });
  });

  it('gives way to --supervisor-url, whatever it belongs to', async () => {
    logAt('https://typed.example', STAGING);
    const { stderr } = await list(`-d ${STAGING} --supervisor-url https://typed.example`);
    assert.equal(stderr, '');
  });

  it('that is ignored is said before Core would be asked, and what to give instead', async () => {
    bench.env.LD_TENANT_ID = undefined;
    const { stderr } = await bench.ends(2, ActivitiesList, `-d ${STAGING}`);
    assert.match(
      stderr,
      /^LD_SUPERVISOR_URL is ignored: .*\nerror: no tenant id[^]*--supervisor-url/,
    );
  });

  it('of prod gets no POST for staging, and the command that continues names the right one', async () => {
    core();
    logAt(STAGING_URL, STAGING);
    nock(STAGING_URL, { reqheaders: { 'ld-api-key': KEY } })
      .post(`/deployments/${STAGING}/activities/iggy/restart`, '{"nodes":[7]}')
      .reply(202);
    const { stderr } = await bench.ends(
      0,
      ActivitiesTrigger,
      'iggy restart -d staging --node 7 --no-wait',
    );
    assert.match(
      stderr,
      new RegExp(`^next: .* --deployment ${STAGING} --supervisor-url ${STAGING_URL}$`, 'm'),
    );
  });

  it('is in whoami only where it counts', async () => {
    bench.core
      .get(/context$/)
      .reply(200, stringifyJson({ id: 1n, name: 'ci', role_name: 'admin', permissions: {} }));
    core();
    const json = await bench.json<{
      supervisor_url: string;
      origins: Record<string, string>;
      notes: string[];
    }>(0, Whoami, '-d staging');
    assert.deepEqual(
      [json.supervisor_url, json.origins.supervisor_url],
      [STAGING_URL, "the tenant's structure"],
    );
    assert.match(
      json.notes.join('\n'),
      /^LD_SUPERVISOR_URL is ignored: .*not to platform\/test\/staging$/,
    );
  });
});
