import assert from 'node:assert/strict';
import ActivitiesRoll from '../../src/commands/activities/roll.js';
import ActivitiesTrigger from '../../src/commands/activities/trigger.js';
import { stringifyJson } from '../../src/base/json.js';
import { CommandBench, DEPLOYMENT, entry, KEY, problem, SUPERVISOR } from '../helpers/command.js';
import { parseJson } from '../helpers/readers.js';

const TENANT = 18446744073709551615n;
const NODE = 18446744073709551614n;
const [DIVISION, ENVIRONMENT] = [18446744073709551611n, 18446744073709551612n];

const STRUCTURE = stringifyJson({
  id: TENANT,
  name: 'acme',
  divisions: [
    {
      id: DIVISION,
      name: 'platform',
      environments: [
        {
          id: ENVIRONMENT,
          name: 'production',
          deployments: [
            {
              ...{ id: DEPLOYMENT, name: 'orders', cloud: 'aws', region: null, tier: null },
              ...{ variant: 'managed', supervisor_url: SUPERVISOR },
            },
          ],
        },
      ],
    },
  ],
});

/** What Core says of a key with these permissions. */
const contextOf = (permissions: object) =>
  stringifyJson({
    ...{ id: 1n, name: 'ci', user_id: 2n, role_name: 'viewer', expiry_at: null },
    permissions: { tenant: [], division: [], environment: [], divisions: {}, ...permissions },
  });
const READS = { environment: ['deployment:read'] };
const actsIn = (division: bigint) => ({
  ...READS,
  divisions: {
    [String(division)]: {
      ...{ name: 'platform', permissions: [], environments: {} },
      environment: ['deployment:manage'],
    },
  },
});

describe('a dry run', () => {
  let bench: CommandBench;
  beforeEach(() => {
    bench = new CommandBench();
    bench.env.LD_TENANT_ID = String(TENANT);
    bench.core.get(`/tenants/${TENANT}/structure`).reply(200, STRUCTURE);
    bench.showLog(() => [entry({ id: 5n, node_id: NODE, tenant_id: TENANT })]);
  });
  afterEach(() => bench.close());

  const coreSays = (status: number, text: string) =>
    bench.core.get(`/tenants/${TENANT}/api_keys/context`).reply(status, text);
  const DRY = `iggy restart --dry-run --node ${NODE}`;

  for (const Command of [ActivitiesTrigger, ActivitiesRoll]) {
    it(`of ${Command.name} ends with 4 where Core says that the key may only read`, async () => {
      coreSays(200, contextOf(READS));
      const { stdout, stderr } = await bench.ends(4, Command, DRY, '-o json');
      const lacks = `the API key ld_pk_…${KEY.slice(-4)} (LD_API_KEY) lacks deployment:manage on platform/production/orders; nothing was sent`;
      assert.ok(stderr.startsWith(`error: ${lacks}\nhint: \`ldctl whoami\` shows`), stderr);
      const { error } = parseJson(stdout) as { error: Record<string, unknown> };
      assert.deepEqual([error.code, error.exit_code, error.message], ['forbidden', 4n, lacks]);
    });
  }

  for (const [who, code, status, text] of [
    ['the key may act', 0, 200, contextOf({ environment: ['deployment:manage'] })],
    ['the key may act in this division', 0, 200, contextOf(actsIn(DIVISION))],
    ['the key may act only in another division', 4, 200, contextOf(actsIn(7n))],
    ['Core does not say', 0, 403, problem(403, 'api_key_not_allowed', 'No API keys here.')],
  ] as const) {
    it(`ends with ${code} where ${who}`, async () => {
      coreSays(status, text);
      await bench.ends(code, ActivitiesTrigger, DRY);
    });
  }
});
