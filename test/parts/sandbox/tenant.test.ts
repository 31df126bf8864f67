import assert from 'node:assert/strict';
import { type TenantStructure } from '../../../src/api/core-api.js';
import { type KeyLabel } from '../../../src/sandbox/tenant.js';
import { World, read, type ProblemBody } from './world.js';

const URL = 'http://127.0.0.1:4242';
const TENANT = '/tenants/7261845022003200001';

describe('sandbox: keys and the tenant', () => {
  const world = new World({ url: URL, nodes: 4 });
  const at = (division: string, environment: string, id: string): string =>
    `${TENANT}/divisions/${division}/environments/${environment}/deployments/${id}`;
  const main = at('7261845022003200101', '7261845022003200202', '7263012455120900033');

  const answers: Array<[key: KeyLabel, list: number, trigger: number, structure: number]> = [
    ['admin', 200, 202, 200],
    ['readonly', 200, 403, 200],
    ['minimal', 200, 202, 403],
  ];
  for (const [label, list, trigger, structure] of answers) {
    it(`${label}: list ${list}, trigger ${trigger}, structure ${structure}`, () => {
      const key = world.key(label);
      assert.equal(world.get(world.activities, key).status, list);
      assert.equal(world.get(main, key).status, 200);
      assert.equal(world.post('{}', { key }).status, trigger);
      assert.equal(world.get(`${TENANT}/structure`, key).status, structure);
    });
  }

  it('a missing and a wrong key: 401 on every path', () => {
    for (const path of [
      world.activities,
      `${TENANT}/api_keys/context`,
      `${TENANT}/structure`,
      main,
    ]) {
      for (const key of [null, '', 'ld_pk_wrong', `${world.key('admin')} `]) {
        const answer = world.get(path, key);
        assert.deepEqual(
          [answer.status, (read(answer) as ProblemBody).code],
          [401, 'unauthorized'],
        );
      }
    }
  });

  it('the structure has an ambiguous name, and a deployment without a supervisor', () => {
    const structure = read(world.get(`${TENANT}/structure`)) as TenantStructure;
    const environments = structure.divisions.flatMap((division) =>
      division.environments.map(
        ({ name, deployments }) =>
          `${division.name}/${name}: ${deployments.map((d) => d.name).join(' ')}`,
      ),
    );
    assert.deepEqual(environments, [
      'platform/demo: sandbox staging',
      'platform/testing: staging',
      'research/lab: basement',
    ]);
    const deployments = structure.divisions.flatMap(({ environments: all }) =>
      all.flatMap((one) => one.deployments),
    );
    for (const { cloud, tier, variant, supervisor_url } of deployments) {
      assert.match(cloud, /^(?:aws|gcp)$/);
      assert.match(tier ?? 'free', /^(?:free|small|medium|large|(?:2|4|8|16)?xlarge)$/);
      assert.equal(supervisor_url, variant === 'on_premise' ? null : URL);
    }
  });

  it('says of one deployment how many nodes it has, what runs on them and who supervises it', () => {
    assert.deepEqual(read(world.get(main)), {
      id: 7263012455120900033n,
      name: 'sandbox',
      ...{
        cloud: 'aws',
        region: 'us-east-1',
        tier: 'medium',
        variant: 'managed',
        supervisor_url: URL,
      },
      ...{
        nodes_count: 4n,
        runtimes: ['iggy', 'connectors'],
        cluster: 'cluster',
        protected: false,
      },
    });
    const single = read(new World({ nodes: 1 }).get(main)) as {
      nodes_count: bigint;
      cluster: string;
    };
    assert.deepEqual([single.nodes_count, single.cluster], [1n, 'standalone']);
    const basement = at('7261845022003200102', '7261845022003200204', '7263012455120900037');
    assert.equal((read(world.get(basement)) as { supervisor_url: unknown }).supervisor_url, null);
  });
});
