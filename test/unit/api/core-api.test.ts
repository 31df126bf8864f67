import assert from 'node:assert/strict';
import { valueOf } from '../../../src/api/answers.js';
import { deploymentDetails, keyContext, tenantStructure } from '../../../src/api/schemas.js';
import { InvalidAnswerError } from '../../../src/base/errors.js';
import { answer, without } from './samples.js';

const PERMISSIONS = {
  tenant: ['tenant:read'],
  division: [],
  environment: ['deployment:read'],
  divisions: {
    '18446744073709551615': {
      name: 'Trading',
      permissions: ['division:read'],
      environment: [],
      environments: { '610809900976570889': { name: 'prod', permissions: ['deployment:manage'] } },
    },
  },
};

const KEY_FIELDS = {
  id: 7261845022003200001n,
  name: 'ci',
  user_id: 2n,
  role_id: 3n,
  role_name: 'operator',
  division_id: 18446744073709551615n,
  division_name: 'Trading',
  validate_ip: true,
  allowed_ips: ['203.0.113.7'],
  expiry_at: '2027-01-01T00:00:00Z',
  created_at: '2026-01-01T00:00:00Z',
};

const context = (body: unknown) => valueOf(answer(200, body), keyContext);
const structure = (body: unknown) => valueOf(answer(200, body), tenantStructure);

describe('the context of a key', () => {
  it('is read with its fields at the top', () => {
    assert.deepEqual(context({ ...KEY_FIELDS, permissions: PERMISSIONS }), { ...KEY_FIELDS, permissions: PERMISSIONS });
  });

  it('is read with its fields under api_key, permissions beside it or with it', () => {
    const expected = { ...KEY_FIELDS, permissions: PERMISSIONS };
    assert.deepEqual(context({ api_key: KEY_FIELDS, permissions: PERMISSIONS }), expected);
    assert.deepEqual(context({ api_key: expected }), expected);
  });

  it('may lack what is optional, or have null there', () => {
    const bare = { id: 1n, name: 'ci', role_name: 'reader', permissions: {} };
    const empty = { tenant: [], division: [], environment: [], divisions: {} };
    assert.deepEqual(context({ ...bare, user_id: null, expiry_at: null, division_name: null }), {
      ...bare,
      user_id: null,
      expiry_at: null,
      division_name: null,
      permissions: empty,
    });
  });

  it('is refused when it is something else', () => {
    const textId = { ...KEY_FIELDS, permissions: PERMISSIONS, id: '7' };
    for (const body of [[], {}, KEY_FIELDS, textId, { api_key: 7n }]) {
      assert.throws(() => context(body), InvalidAnswerError);
    }
  });
});

describe('the structure of a tenant', () => {
  const deployment = {
    id: 610809900976570889n,
    name: 'prices',
    cloud: 'aws',
    region: 'us-east-1',
    tier: 'm1',
    variant: 'managed',
    supervisor_url: 'https://supervisor-aws-us.laserdata.cloud',
  };
  const tree = (deployments: unknown) => ({
    id: 1n,
    name: 'Acme',
    divisions: [{ id: 2n, name: 'Trading', environments: [{ id: 3n, name: 'prod', deployments }] }],
  });

  it('is read as it is', () => assert.deepEqual(structure(tree([deployment])), tree([deployment])));

  it('has null for what a deployment lacks', () => {
    const bare = without(deployment, 'region', 'tier', 'supervisor_url');
    const [read] = structure(tree([bare])).divisions[0]?.environments[0]?.deployments ?? [];
    assert.deepEqual(read, { ...bare, region: null, tier: null, supervisor_url: null });
  });

  it('has an empty list for null', () => {
    assert.deepEqual(structure(tree(null)), tree([]));
    assert.deepEqual(structure({ id: 1n, name: 'Acme', divisions: null }).divisions, []);
  });

  it('is refused when it is something else', () => {
    for (const body of [{}, [], tree([{ ...deployment, id: 'x' }])]) {
      assert.throws(() => structure(body), InvalidAnswerError);
    }
  });
});

describe('a deployment by itself', () => {
  const ID = 610809900976570889n;
  const details = {
    id: ID,
    name: 'prices',
    nodes_count: 3n,
    supervisor_url: null,
    cluster: 'cluster',
    runtimes: ['iggy'],
  };
  const deployment = (body: unknown) => valueOf(answer(200, body), deploymentDetails);

  it('says how many nodes it has', () => {
    assert.deepEqual(deployment(details), { ...details, nodes_count: 3 });
    assert.equal(deployment(without(details, 'supervisor_url')).supervisor_url, null);
  });

  it('is refused when it says no number', () => {
    for (const count of ['3', -1n, null, 2n ** 64n]) {
      assert.throws(() => deployment({ ...details, nodes_count: count }), InvalidAnswerError);
    }
  });
});
