import assert from 'node:assert/strict';
import Whoami from '../../src/commands/whoami.js';
import { stringifyJson } from '../../src/base/json.js';
import { CommandBench, DEPLOYMENT, SUPERVISOR } from '../helpers/command.js';

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
});
