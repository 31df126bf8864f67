import assert from 'node:assert/strict';
import { seededRandom, type KeyLabel } from '../../../src/sandbox/index.js';
import { World, read, START, type ProblemBody } from './harness.js';

const DAY = 86_400_000;

interface Structure {
  id: bigint;
  divisions: Array<{
    id: bigint;
    name: string;
    environments: Array<{
      id: bigint;
      name: string;
      deployments: Array<{
        id: bigint;
        name: string;
        cloud: string;
        tier: string | null;
        variant: string;
        supervisor_url: string | null;
      }>;
    }>;
  }>;
}

interface Context {
  id: bigint;
  name: string;
  role_name: string;
  division_name: string | null;
  expiry_at: string;
  permissions: {
    tenant: string[];
    division: string[];
    environment: string[];
    divisions: Record<string, { environments: Record<string, { permissions: string[] }> }>;
  };
}

describe('sandbox: keys', () => {
  const world = new World({ baseUrl: 'http://127.0.0.1:4242' });
  const { keys, tenantId } = world.sandbox;
  const contextPath = `/tenants/${tenantId}/api_keys/context`;
  const structurePath = `/tenants/${tenantId}/structure`;

  const answers: Array<[key: KeyLabel, list: number, trigger: number]> = [
    ['admin', 200, 202],
    ['readonly', 200, 403],
    // What it may not see is not there.
    ['scoped', 404, 404],
    ['expired', 401, 401],
    ['expiring', 200, 202],
    ['elsewhere', 403, 403],
    ['minimal', 200, 202],
  ];
  for (const [label, list, trigger] of answers) {
    it(`${label}: list ${list}, trigger ${trigger}`, () => {
      assert.equal(world.get(world.activities, keys[label].value).status, list);
      assert.equal(world.post('{}', { key: keys[label].value }).status, trigger);
    });
  }

  it('look like keys, all different', () => {
    const values = Object.values(keys).map((key) => key.value);
    for (const value of values) assert.match(value, /^ld_pk_[A-Za-z0-9]{32}$/);
    assert.equal(new Set(values).size, 7);
    assert.equal(new World({ random: seededRandom(1) }).sandbox.keys.admin.value, keys.admin.value);
    assert.notEqual(new World({ random: seededRandom(2) }).sandbox.keys.admin.value, keys.admin.value);
  });

  it('a missing and a wrong key: 401 on every path', () => {
    for (const path of [world.activities, contextPath, structurePath]) {
      for (const key of [null, '', 'ld_pk_wrong', `${keys.admin.value} `]) {
        const answer = world.get(path, key);
        assert.equal(answer.status, 401);
        assert.equal((read(answer) as ProblemBody).code, 'unauthorized');
      }
    }
  });

  it('a permission that is missing is named', () => {
    const problem = read(world.post('{}', { key: keys.readonly.value })) as ProblemBody;
    assert.equal(problem.code, 'forbidden');
    assert.match(problem.reason, /deployment:manage/);
  });

  it('an allow-list lets its own address in', () => {
    const request = { method: 'GET', path: contextPath, headers: { 'ld-api-key': keys.elsewhere.value }, body: '' };
    assert.equal(world.sandbox.handle(request).status, 403);
    assert.equal(world.sandbox.handle({ ...request, remoteAddress: '203.0.113.7' }).status, 200);
  });

  it('a key runs out as time passes', () => {
    const later = new World();
    const key = later.sandbox.keys.expiring.value;
    later.now = START + 5 * DAY - 1;
    assert.equal(later.get(later.activities, key).status, 200);
    later.now += 1;
    assert.equal(later.get(later.activities, key).status, 401);
  });

  it('the scoped key acts in its one environment', () => {
    const path = '/deployments/7263012455120900035/activities/iggy/restart';
    assert.equal(world.post('{}', { key: keys.scoped.value, path }).status, 202);
    const sameDivision = '/deployments/7263012455120900034/activities/iggy/restart';
    assert.equal(world.post('{}', { key: keys.scoped.value, path: sameDivision }).status, 404);
  });

  it('the context tells whose key it is, with nested grants', () => {
    const admin = read(world.get(contextPath)) as Context;
    assert.equal(admin.role_name, 'admin');
    assert.ok(admin.id > 2n ** 53n);
    assert.ok(admin.permissions.environment.includes('deployment:manage'));
    const scoped = read(world.get(contextPath, keys.scoped.value)) as Context;
    assert.equal(scoped.division_name, 'platform');
    const [division] = Object.values(scoped.permissions.divisions);
    assert.deepEqual(
      Object.values(division?.environments ?? {}).map((environment) => environment.permissions),
      [['deployment:manage']],
    );
    const expiring = read(world.get(contextPath, keys.expiring.value)) as Context;
    assert.equal(Date.parse(expiring.expiry_at), START + 5 * DAY);
  });

  it('the context can have the key’s fields under api_key', () => {
    const nested = new World({ contextShape: 'nested' });
    const body = read(nested.get(contextPath)) as { api_key: Context; permissions: Context['permissions'] };
    assert.equal(body.api_key.role_name, 'admin');
    assert.equal('permissions' in body.api_key, false);
    assert.ok(body.permissions.environment.includes('deployment:manage'));
  });

  it('the structure has all the tenant has, with an ambiguous name and one without a supervisor', () => {
    const structure = read(world.get(structurePath)) as Structure;
    const deployments = structure.divisions.flatMap((division) =>
      division.environments.flatMap((environment) => environment.deployments),
    );
    assert.equal(structure.id, tenantId);
    assert.equal(structure.divisions.length, 2);
    assert.deepEqual(
      deployments.map((d) => d.name),
      ['sandbox', 'staging', 'staging', 'telescope', 'basement'],
    );
    assert.equal(deployments[0]?.id, world.sandbox.deploymentId);
    for (const { cloud, tier, variant, supervisor_url } of deployments) {
      assert.match(cloud, /^(?:aws|gcp)$/);
      assert.match(tier ?? 'free', /^(?:free|small|medium|large|(?:2|4|8|16)?xlarge)$/);
      assert.equal(supervisor_url, variant === 'on_premise' ? null : 'http://127.0.0.1:4242');
    }
  });

  it('a grant for a division holds in each of its environments, and in no other division', () => {
    const key = keys.expiring.value;
    const { divisions } = read(world.get(structurePath, key)) as Structure;
    const names = divisions.map((division) => [division.name, division.environments.map((e) => e.name)]);
    assert.deepEqual(names, [['platform', ['production', 'testing']]]);
    assert.equal(world.get('/deployments/7263012455120900034/activities', key).status, 200);
    assert.equal(world.get('/deployments/7263012455120900036/activities', key).status, 404);
  });

  it('the structure needs info:read, and the refusal names it; the rest works without', () => {
    const answer = world.get(structurePath, keys.minimal.value);
    assert.equal(answer.status, 403);
    const problem = read(answer) as ProblemBody;
    assert.equal(problem.code, 'forbidden');
    assert.match(problem.reason, /info:read/);
    const { permissions } = read(world.get(contextPath, keys.minimal.value)) as Context;
    assert.deepEqual(permissions, { tenant: [], division: [], environment: ['deployment:manage'], divisions: {} });
    // As a grant of its own, and as a part of info:manage.
    for (const label of ['readonly', 'admin'] as const) {
      assert.equal(world.get(structurePath, keys[label].value).status, 200);
    }
  });

  it("grants only what the vendor's permissions are called, each at its own level", () => {
    const levels = {
      tenant: /^(?:info|division|role|member|api_key):(?:read|manage)$/,
      division: /^environment:(?:read|manage)$/,
      environment: /^deployment:(?:read|manage)$/,
    };
    for (const { context } of Object.values(keys)) {
      const { tenant, division, environment, divisions } = context.permissions;
      const scoped = Object.values(divisions);
      for (const name of tenant) assert.match(name, levels.tenant);
      for (const name of [...division, ...scoped.flatMap((d) => d.permissions)]) assert.match(name, levels.division);
      const inEnvironments = scoped.flatMap((d) => Object.values(d.environments).flatMap((e) => e.permissions));
      const everywhere = [...environment, ...scoped.flatMap((d) => d.environment)];
      for (const name of [...everywhere, ...inEnvironments]) assert.match(name, levels.environment);
    }
  });

  it('the structure is filtered to what the key may see', () => {
    const { divisions } = read(world.get(structurePath, keys.scoped.value)) as Structure;
    const names = divisions.map((division) => [division.name, division.environments.map((e) => e.name)]);
    assert.deepEqual(names, [['platform', ['testing']]]);
    assert.deepEqual(
      divisions[0]?.environments[0]?.deployments.map((d) => d.id),
      [7263012455120900035n],
    );
  });
});
