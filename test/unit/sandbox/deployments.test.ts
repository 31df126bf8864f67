import assert from 'node:assert/strict';
import { World, read, type ProblemBody } from './harness.js';

const PLATFORM = '7261845022003200101';
const PRODUCTION = '7261845022003200202';
const TESTING = '7261845022003200203';
const RESEARCH = '7261845022003200102';
const LAB = '7261845022003200204';

describe('sandbox: one deployment', () => {
  const world = new World({ baseUrl: 'http://127.0.0.1:4242', nodes: [1n, 2n, 3n, 4n] });
  const { keys, tenantId, deploymentId } = world.sandbox;

  function pathTo(division: string, environment: string, deployment: string, tenant = String(tenantId)): string {
    return `/tenants/${tenant}/divisions/${division}/environments/${environment}/deployments/${deployment}`;
  }
  const main = pathTo(PLATFORM, PRODUCTION, String(deploymentId));

  it('says how many nodes it has, what runs on them and who supervises it', () => {
    const answer = world.get(main);
    assert.equal(answer.status, 200, answer.body);
    assert.deepEqual(read(answer), {
      id: deploymentId,
      name: 'sandbox',
      cloud: 'aws',
      region: 'us-east-1',
      tier: 'medium',
      variant: 'managed',
      supervisor_url: 'http://127.0.0.1:4242',
      nodes_count: 4n,
      runtimes: ['iggy', 'connectors'],
      cluster: 'cluster',
      protected: false,
    });
  });

  it('of a single node is standalone', () => {
    const single = read(new World({ nodes: [1n] }).get(main)) as { nodes_count: bigint; cluster: string };
    assert.deepEqual([single.nodes_count, single.cluster], [1n, 'standalone']);
  });

  it('on premises has no supervisor URL', () => {
    const body = read(world.get(pathTo(RESEARCH, LAB, '7263012455120900037'))) as { supervisor_url: unknown };
    assert.equal(body.supervisor_url, null);
  });

  it('needs deployment:read there: what a key may not see is not found', () => {
    assert.equal(world.get(main, keys.readonly.value).status, 200);
    assert.equal(world.get(main, keys.scoped.value).status, 404);
    assert.equal(world.get(pathTo(PLATFORM, TESTING, '7263012455120900035'), keys.scoped.value).status, 200);
  });

  const wrong: Array<[title: string, path: string, status: number, code: string]> = [
    ['in another tenant', pathTo(PLATFORM, PRODUCTION, String(deploymentId), '1'), 403, 'forbidden'],
    ['in another division', pathTo(RESEARCH, PRODUCTION, String(deploymentId)), 404, 'not_found'],
    ['in another environment', pathTo(PLATFORM, TESTING, String(deploymentId)), 404, 'not_found'],
    ['that is unknown', pathTo(PLATFORM, PRODUCTION, '1'), 404, 'not_found'],
    ['with a division that is no id', pathTo('platform', PRODUCTION, String(deploymentId)), 400, 'validation_error'],
    ['with a query', `${main}?fields=name`, 400, 'validation_error'],
  ];
  for (const [title, path, status, code] of wrong) {
    it(`${title}: ${status}`, () => {
      const answer = world.get(path);
      assert.equal(answer.status, status, answer.body);
      assert.equal((read(answer) as ProblemBody).code, code);
    });
  }
});
