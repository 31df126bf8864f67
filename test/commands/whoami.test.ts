import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ActivitiesList from '../../src/commands/activities/list.js';
import DeploymentsList from '../../src/commands/deployments/list.js';
import ProfilesAdd from '../../src/commands/profiles/add.js';
import ProfilesUpdate from '../../src/commands/profiles/update.js';
import Whoami from '../../src/commands/whoami.js';
import { stringifyJson } from '../../src/base/json.js';
import { CommandBench, CORE, DEPLOYMENT, KEY, problem, SUPERVISOR } from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';

const TENANT = 18446744073709551615n;
const CONTEXT = `/tenants/${TENANT}/api_keys/context`;
const STRUCTURE = `/tenants/${TENANT}/structure`;

/** The virtual clock starts on 2026-06-01 at noon, UTC. */
const EXPIRES = '2026-06-06T12:00:00Z';

const context = (fields: Record<string, unknown> = {}): string =>
  stringifyJson({
    id: 7262500000000000001n,
    name: 'ci',
    user_id: 608123456789012345n,
    role_name: 'viewer',
    expiry_at: EXPIRES,
    permissions: { tenant: [], division: [], environment: ['deployment:read'], divisions: {} },
    ...fields,
  });

const deployment = {
  id: DEPLOYMENT,
  name: 'prod',
  cloud: 'aws',
  region: 'us-east-1',
  tier: null,
  variant: 'managed',
  supervisor_url: SUPERVISOR,
};
const structure = stringifyJson({
  id: TENANT,
  name: 'acme',
  divisions: [
    {
      id: 11n,
      name: 'platform',
      environments: [{ id: 21n, name: 'production', deployments: [deployment] }],
    },
  ],
});

describe('whoami', () => {
  let bench: CommandBench;
  beforeEach(() => {
    bench = new CommandBench();
    bench.env.LD_TENANT_ID = TENANT.toString();
  });
  afterEach(() => bench.close());

  it('breaks its sentence between words at a terminal', async () => {
    const long = context({ name: 'the key that our nightly pipeline rolls the brokers with' });
    bench.core.get(CONTEXT).reply(200, long).get(STRUCTURE).reply(200, structure);
    bench.isTerminal = true;
    const { stderr } = await bench.ends(0, Whoami, []);
    const lines = stderr.trimEnd().split('\n');
    assert.ok(lines.length > 1 && lines.every((line) => line.length < 80), stderr);
    assert.match(lines[1] ?? '', /^ {2}\S/);
  });

  it('tells in JSON who the key is, what it may do, when it expires, and where each setting came from', async () => {
    bench.core.get(CONTEXT).reply(200, context()).get(STRUCTURE).reply(200, structure);
    const { code, stdout, stderr } = await bench.run(Whoami, '--api-url', CORE, '-o json');
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(parseJson(stdout), {
      profile: null,
      protected: false,
      api_key: `ld_pk_…${KEY.slice(-4)}`,
      key_id: 7262500000000000001n,
      key_name: 'ci',
      user_id: 608123456789012345n,
      role: 'viewer',
      expires_at: EXPIRES,
      expires_in_days: 5n,
      allowed_ips: null,
      tenant_id: TENANT,
      tenant_name: 'acme',
      api_url: CORE,
      deployment_id: DEPLOYMENT,
      deployment_name: 'prod',
      division_name: 'platform',
      environment_name: 'production',
      supervisor_url: SUPERVISOR,
      may_read: true,
      may_manage: false,
      origins: {
        profile: null,
        api_key: 'env LD_API_KEY',
        tenant_id: 'env LD_TENANT_ID',
        api_url: 'flag --api-url',
        deployment: 'env LD_DEPLOYMENT_ID',
        supervisor_url: 'env LD_SUPERVISOR_URL',
      },
      notes: [],
    });
  });

  it('tells people in a sentence and six lines', async () => {
    bench.core.get(CONTEXT).reply(200, context()).get(STRUCTURE).reply(200, structure);
    const { stdout, stderr } = await bench.ends(0, Whoami, '--utc');
    assert.equal(stderr, 'ci (viewer) may read platform/production/prod; key good for 5 days\n');
    assert.deepEqual(stdout.split('\n'), [
      `key         ld_pk_…${KEY.slice(-4)}  (env LD_API_KEY)`,
      'tenant      acme  (env LD_TENANT_ID)',
      'deployment  platform/production/prod  (env LD_DEPLOYMENT_ID)',
      `supervisor  ${SUPERVISOR}  (env LD_SUPERVISOR_URL)`,
      'expires     2026-06-06 12:00:00Z (in 5 days)',
      'addresses   any',
      '',
    ]);
  });

  it('prints only the lines with --quiet', async () => {
    bench.core.get(CONTEXT).reply(200, context()).get(STRUCTURE).reply(200, structure);
    const { stdout, stderr } = await bench.ends(0, Whoami, '--quiet');
    assert.deepEqual([stdout.split('\n').length, stderr], [7, '']);
  });

  it('is one record of CSV', async () => {
    bench.core
      .get(CONTEXT)
      .reply(200, context({ validate_ip: true, allowed_ips: ['203.0.113.7', '203.0.113.8'] }))
      .get(STRUCTURE)
      .reply(200, structure);
    const { stdout, stderr } = await bench.ends(0, Whoami, '-o csv');
    const [names, values] = stdout.split('\n').map((line) => line.split(','));
    assert.equal(stderr, '');
    assert.deepEqual(
      names?.map((name, index) => [name, values?.[index]]),
      [
        ['profile', ''],
        ['protected', 'false'],
        ['api_key', `ld_pk_…${KEY.slice(-4)}`],
        ['key_id', '7262500000000000001'],
        ['key_name', 'ci'],
        ['user_id', '608123456789012345'],
        ['role', 'viewer'],
        ['expires_at', EXPIRES],
        ['expires_in_days', '5'],
        ['allowed_ips', '203.0.113.7 203.0.113.8'],
        ['tenant_id', TENANT.toString()],
        ['tenant_name', 'acme'],
        ['api_url', CORE],
        ['deployment_id', DEPLOYMENT.toString()],
        ['deployment_name', 'prod'],
        ['division_name', 'platform'],
        ['environment_name', 'production'],
        ['supervisor_url', SUPERVISOR],
        ['may_read', 'true'],
        ['may_manage', 'false'],
        ['notes', ''],
      ],
    );
  });

  it('without a tenant id asks nobody, and says what it cannot know', async () => {
    delete bench.env.LD_TENANT_ID;
    const { stdout, stderr } = await bench.ends(0, Whoami);
    assert.match(stderr, /^note: without a tenant id .* LD_TENANT_ID\n$/);
    assert.deepEqual(stdout.split('\n'), [
      `key         ld_pk_…${KEY.slice(-4)}  (env LD_API_KEY)`,
      'tenant      -',
      `deployment  ${DEPLOYMENT}  (env LD_DEPLOYMENT_ID)`,
      `supervisor  ${SUPERVISOR}  (env LD_SUPERVISOR_URL)`,
      'expires     -',
      'addresses   -',
      '',
    ]);
    const json = await bench.json<Record<string, unknown>>(0, Whoami);
    assert.deepEqual([json.role, json.may_read, json.may_manage], [null, null, null]);
    assert.equal((json.notes as string[]).length, 1);
  });

  it('without a deployment does not know what the key may do to it', async () => {
    delete bench.env.LD_DEPLOYMENT_ID;
    bench.core.get(CONTEXT).reply(200, context());
    const { code, stdout } = await bench.run(Whoami, '-o json');
    const json = parseJson(stdout) as Record<string, unknown>;
    assert.deepEqual([code, json.role, json.may_read], [0, 'viewer', null]);
  });

  it('knows that a key may do nothing to a deployment that it does not see', async () => {
    bench.env.LD_DEPLOYMENT_ID = '7';
    bench.core.get(CONTEXT).reply(200, context()).get(STRUCTURE).reply(200, structure);
    const json = await bench.json<Record<string, unknown>>(0, Whoami);
    assert.deepEqual([json.may_read, json.may_manage], [false, false]);
    assert.match(String(json.notes), /this key can see no deployment 7 in tenant acme/);
  });

  it('says what the grants for the whole tenant say when the structure cannot be read', async () => {
    bench.core
      .get(CONTEXT)
      .reply(200, context())
      .get(STRUCTURE)
      .reply(403, problem(403, 'forbidden', 'no'));
    const json = await bench.json<Record<string, unknown>>(0, Whoami);
    assert.deepEqual([json.may_read, json.may_manage], [true, false]);
    assert.match(String(json.notes), /\bno\b/);
  });

  it('names the addresses that a key is bound to', async () => {
    bench.core
      .get(CONTEXT)
      .reply(200, context({ validate_ip: true, allowed_ips: ['203.0.113.7'] }))
      .get(STRUCTURE)
      .reply(200, structure);
    assert.match((await bench.run(Whoami)).stdout, /^addresses +203\.0\.113\.7$/m);
  });

  it('says of a key that is not accepted which one it was', async () => {
    bench.core.get(CONTEXT).reply(401, problem(401, 'unauthorized', 'The API key has expired.'));
    const { stderr } = await bench.ends(4, Whoami);
    assert.match(
      stderr,
      new RegExp(`hint: ldctl used the key ld_pk_…${KEY.slice(-4)} \\(LD_API_KEY\\)\\.`),
    );
  });

  it('claims nothing of what depends on where a deployment is that it cannot look up', async () => {
    const permissions = {
      ...{ tenant: [], division: [], environment: ['deployment:read'] },
      divisions: { 11: { permissions: ['deployment:manage'], environment: [], environments: {} } },
    };
    bench.core
      .get(CONTEXT)
      .reply(200, context({ permissions }))
      .get(STRUCTURE)
      .reply(403, problem(403, 'forbidden', 'no'));
    const { stdout, stderr } = await bench.ends(0, Whoami);
    assert.match(stderr, /^ci \(viewer\); key good for 5 days\nnote: .*\bno\b/);
    assert.match(stdout, /^tenant +18446744073709551615 {2}\(env LD_TENANT_ID\)$/m);
  });

  describe('with a profile', () => {
    beforeEach(async () => {
      Object.assign(bench.env, {
        LD_API_KEY: undefined,
        LD_TENANT_ID: undefined,
        LD_DEPLOYMENT_ID: undefined,
        LD_SUPERVISOR_URL: undefined,
      });
      bench.input = KEY;
      await bench.run(
        ProfilesAdd,
        'me --tenant-id',
        TENANT.toString(),
        '--deployment',
        DEPLOYMENT.toString(),
        '--supervisor-url',
        SUPERVISOR,
        '--api-key-stdin --key-store file --no-verify',
      );
    });

    const listed = (): void =>
      void bench.supervisor
        .get(/activities/)
        .reply(200, { items: [], page: 1, total_results: 0, total_pages: 0 });

    /** Stores the key once more, and what the API says of it. */
    async function verify(): Promise<void> {
      bench.core.get(CONTEXT).reply(200, context());
      await bench.ends(0, ProfilesUpdate, 'me --api-key-stdin');
    }

    it('that knows when the key expires, other commands warn of it each time, without a request', async () => {
      await verify();
      const warnings: boolean[] = [];
      for (const hours of [0, 23, 1]) {
        await bench.clock.advance(hours * 3_600_000);
        listed();
        const { stderr } = await bench.run(ActivitiesList);
        warnings.push(
          /^warning: the API key of profile me expires in \d days \(2026-06-06\); .*profiles update me/m.test(
            stderr,
          ),
        );
      }
      assert.deepEqual(warnings, [true, true, true]);
    });

    it('says of an expired key that it is that, and how to store another', async () => {
      await verify();
      await bench.clock.advance(6 * 86_400_000);
      bench.supervisor
        .get(/activities/)
        .reply(401, problem(401, 'unauthorized', 'The API key has expired.'));
      const { stderr } = await bench.ends(4, ActivitiesList);
      assert.match(
        stderr,
        /API key of profile me expired 1 day ago[^]*hint: ldctl used the key .* \(profile me\)\. .*`ldctl profiles update me`/,
      );
    });

    it('changes nothing on the disk', async () => {
      const files = () =>
        readdirSync(join(bench.folder, 'config')).map((name) => [
          name,
          readFileSync(join(bench.folder, 'config', name), 'utf8'),
        ]);
      const before = files();
      bench.core.get(CONTEXT).reply(200, context()).get(STRUCTURE).reply(200, structure);
      await bench.ends(0, Whoami);
      assert.deepEqual(files(), before);
    });
  });
});

describe('a key without info:read', () => {
  it('learns which grant a look-up needs, and what works without it', async () => {
    const bench = new CommandBench();
    try {
      bench.env.LD_TENANT_ID = TENANT.toString();
      bench.core.get(STRUCTURE).reply(403, problem(403, 'forbidden', 'no'));
      const { stderr } = await bench.ends(4, DeploymentsList);
      assert.match(
        stderr,
        /It needs info:read\..*Without info:read, give the deployment's id, and its supervisor's URL/,
      );
    } finally {
      bench.close();
    }
  });
});

describe('deployments list without a tenant', () => {
  it('names the flag that gives it', async () => {
    const bench = new CommandBench();
    const { code, stderr } = await bench.run(DeploymentsList);
    bench.close();
    assert.equal(code, 2);
    assert.match(stderr, /no tenant id[^]*hint: Give --tenant-id ID, or set LD_TENANT_ID/);
  });
});

describe('deployments list', () => {
  let bench: CommandBench;
  beforeEach(() => {
    bench = new CommandBench();
    bench.env.LD_TENANT_ID = TENANT.toString();
    bench.core.get(STRUCTURE).reply(200, structure);
  });
  afterEach(() => bench.close());

  it('is a line a deployment, with where it stands', async () => {
    const { stdout } = await bench.ends(0, DeploymentsList);
    assert.deepEqual(
      stdout.split('\n').map((line) => line.split(/ {2,}/)),
      [
        ['DIVISION', 'ENVIRONMENT', 'NAME', 'ID', 'CLOUD', 'REGION', 'TIER', 'SUPERVISOR_URL'],
        [
          'platform',
          'production',
          'prod',
          DEPLOYMENT.toString(),
          'aws',
          'us-east-1',
          '-',
          SUPERVISOR,
        ],
        [''],
      ],
    );
  });

  it('holds every id and name in JSON', async () => {
    const result = await bench.json(0, DeploymentsList);
    assert.deepEqual(result, {
      items: [
        {
          division_id: 11n,
          division_name: 'platform',
          environment_id: 21n,
          environment_name: 'production',
          ...deployment,
        },
      ],
      total_results: 1n,
    });
  });

  it('is a record a deployment in CSV', async () => {
    const { stdout } = await bench.run(DeploymentsList, '-o csv --columns id,name --no-header');
    assert.equal(stdout, `${DEPLOYMENT},prod\n`);
  });
});
