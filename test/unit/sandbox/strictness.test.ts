import assert from 'node:assert/strict';
import { World, read, type ProblemBody } from './harness.js';

const HEX_32 = /^[0-9a-f]{32}$/;

/** The answer is a problem as the contract lists it. */
function assertProblem(answer: ReturnType<World['get']>, status: number, code: string): ProblemBody {
  assert.equal(answer.status, status, answer.body);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  const problem = read(answer) as ProblemBody;
  assert.equal(problem.code, code);
  assert.equal(problem.status, BigInt(status));
  assert.match(problem.instance, HEX_32);
  assert.equal(problem.instance, answer.headers['ld-request']);
  assert.equal(problem.retryable, [429, 500, 503].includes(status));
  assert.notEqual(problem.reason, '');
  return problem;
}

describe('sandbox: refuses what the contract does not have', () => {
  const world = new World();
  const { activities, sandbox } = world;
  const [node = 0n, other = 0n] = sandbox.nodes;

  const paths: Array<[title: string, method: string, path: string, status: number, code: string]> = [
    ['another path', 'GET', '/deployment', 404, 'not_found'],
    ['a doubled slash', 'GET', `/${activities}`, 404, 'not_found'],
    ['a slash at the end', 'GET', `${activities}/`, 404, 'not_found'],
    ['a single activity', 'GET', `${activities}/1`, 404, 'not_found'],
    ['posting to the log', 'POST', activities, 405, 'method_not_allowed'],
    ['getting an action', 'GET', `${activities}/iggy/restart`, 405, 'method_not_allowed'],
    ['an unknown runtime', 'POST', `${activities}/kafka/restart`, 400, 'validation_error'],
    ['an unknown action', 'POST', `${activities}/iggy/explode`, 400, 'validation_error'],
    ['a config on a restart', 'POST', `${activities}/iggy/restart:1`, 400, 'validation_error'],
    ['a reconfigure without a config', 'POST', `${activities}/iggy/reconfigure`, 400, 'validation_error'],
    ['an encoded colon', 'POST', `${activities}/iggy/reconfigure%3A42`, 400, 'validation_error'],
    ['a config id over 64 bits', 'POST', `${activities}/iggy/reconfigure:${2n ** 64n}`, 400, 'validation_error'],
    ['a query on a trigger', 'POST', `${activities}/iggy/restart?dry=1`, 400, 'validation_error'],
    ['a deployment id over 64 bits', 'GET', '/deployments/18446744073709551616/activities', 400, 'validation_error'],
    ['a deployment id that is none', 'GET', '/deployments/sandbox/activities', 400, 'validation_error'],
    ['an unknown deployment', 'GET', '/deployments/18446744073709551615/activities', 404, 'not_found'],
    ['an unknown deployment to act on', 'POST', '/deployments/1/activities/iggy/restart', 404, 'not_found'],
    ["the structure of another tenant than the key's", 'GET', '/tenants/1/structure', 403, 'forbidden'],
    ["the key's context in another tenant", 'GET', '/tenants/1/api_keys/context', 403, 'forbidden'],
    ['a query on the structure', 'GET', `/tenants/${sandbox.tenantId}/structure?page=1`, 400, 'validation_error'],
  ];
  for (const [title, method, path, status, code] of paths) {
    it(`${title}: ${status}`, () => {
      assertProblem(method === 'GET' ? world.get(path) : world.post('{}', { path }), status, code);
    });
  }

  it('says which methods a path takes', () => {
    assert.equal(world.get(`${activities}/iggy/restart`).headers.allow, 'POST');
  });

  const results = ['results=0', 'results=101', 'results=1e1', 'results='];
  const pages = ['page=0', 'page=01', 'page=-1', 'page=1&page=1'];
  for (const query of [...results, ...pages, 'status=completed']) {
    it(`?${query}: 400 with the field`, () => {
      const problem = assertProblem(world.get(`${activities}?${query}`), 400, 'validation_error');
      const field = query.slice(0, query.indexOf('='));
      assert.equal(problem.field, field);
      assert.deepEqual(
        problem.field_issues?.map((issue) => issue.path),
        [field],
      );
    });
  }

  const bodies: Array<[body: string, path: string]> = [
    ['{"nodes":[]}', 'nodes'],
    ['{"nodes":null}', 'nodes'],
    [`{"nodes":${String(node)}}`, 'nodes'],
    [`{"nodes":["${String(node)}"]}`, 'nodes[0]'],
    ['{"nodes":[18446744073709551616]}', 'nodes[0]'],
    [`{"nodes":[${String(node)}.0]}`, 'nodes[0]'],
    ['{"nodes":[6.10809900976570889e17]}', 'nodes[0]'],
    ['{"nodes":[-1]}', 'nodes[0]'],
    [`{"nodes":[${String(node)},610809900976570900]}`, 'nodes[1]'],
    [`{"nodes":[${String(other)},${String(other)}]}`, 'nodes[1]'],
    [`{"node":[${String(node)}]}`, 'node'],
    ['[]', 'body'],
    ['null', 'body'],
    [`{"nodes":[${String(node)}]`, 'body'],
    [' ', 'body'],
  ];
  for (const [body, path] of bodies) {
    it(`${body}: 400 at ${path}`, () => {
      const problem = assertProblem(world.post(body), 400, 'validation_error');
      assert.deepEqual(
        problem.field_issues?.map((issue) => issue.path),
        [path],
      );
    });
  }

  it('names every node that is wrong', () => {
    const problem = read(world.post(`{"nodes":["1",${String(node)},2]}`)) as ProblemBody;
    assert.deepEqual(
      problem.field_issues?.map((issue) => issue.path),
      ['nodes[0]', 'nodes[2]'],
    );
  });

  it('an idempotency key that is empty or too long: 400', () => {
    for (const idempotencyKey of ['', 'x'.repeat(256)]) {
      const problem = assertProblem(world.post('{}', { idempotencyKey }), 400, 'validation_error');
      assert.equal(problem.field, 'idempotency-key');
    }
    assert.equal(new World().post('{}', { idempotencyKey: 'x'.repeat(255) }).status, 202);
  });

  it('carried none of this out, and kept a record of every POST', () => {
    assert.deepEqual(sandbox.record.dispatches, []);
    assert.ok(sandbox.record.posts.length > 20);
    assert.ok(sandbox.record.posts.every((post) => post.outcome === 'refused' && post.code !== null));
  });
});

describe('sandbox: accepts what the contract has', () => {
  it('no body and {} mean every node, a list means those', () => {
    const world = new World();
    const [first = 0n, , third = 0n] = world.sandbox.nodes;
    assert.equal(world.post('').status, 202);
    assert.equal(world.post('{}').status, 202);
    assert.equal(world.post(`{"nodes":[${String(third)}, ${String(first)}]}`).status, 202);
    const { posts, dispatches } = world.sandbox.record;
    assert.deepEqual(
      posts.map((post) => post.nodes),
      [null, null, [third, first]],
    );
    assert.deepEqual(
      dispatches.map((dispatch) => dispatch.activities.map((activity) => activity.node_id)),
      [[...world.sandbox.nodes], [...world.sandbox.nodes], [third, first]],
    );
  });

  it("carries out the vendor's own example, which has no idempotency key, as often as it is sent", () => {
    const world = new World();
    for (const body of ['{}', '{}', '']) {
      const answer = world.post(body, { idempotencyKey: null });
      assert.equal(answer.status, 202);
      assert.equal(answer.headers['idempotent-replayed'], undefined);
    }
    const { posts, dispatches } = world.sandbox.record;
    assert.deepEqual(
      posts.map((post) => [post.outcome, post.idempotency_key]),
      Array(3).fill(['accepted', null]),
    );
    assert.deepEqual(
      dispatches.map((dispatch) => dispatch.activities.length),
      [3, 3, 3],
    );
  });

  it('reads a body as JSON whatever it is declared as, so that curl -d needs no header', () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const world = new World();
    const [node = 0n] = world.sandbox.nodes;
    assert.equal(world.post(`{"nodes":[${String(node)}]}`, { headers }).status, 202);
    assert.deepEqual(world.sandbox.record.posts[0]?.nodes, [node]);
  });

  it('gives every answer an ld-request and a date', () => {
    const world = new World();
    const answers = [world.get(world.activities), world.post(), world.post('{'), world.get('/nowhere', null)];
    for (const { headers } of answers) {
      assert.match(headers['ld-request'] ?? '', HEX_32);
      assert.equal(headers.date, 'Mon, 16 Mar 2026 12:00:00 GMT');
    }
    assert.equal(new Set(answers.map((answer) => answer.headers['ld-request'])).size, answers.length);
  });

  it('records what a POST was, who sent it and what came of it', () => {
    const world = new World();
    const answer = world.post('{}', { idempotencyKey: 'mine', path: `${world.activities}/connectors/reconfigure:42` });
    assert.deepEqual(world.sandbox.record.posts, [
      {
        at: world.now,
        request_id: answer.headers['ld-request'],
        path: `${world.activities}/connectors/reconfigure:42`,
        body: '{}',
        key: 'admin',
        idempotency_key: 'mine',
        deployment_id: world.sandbox.deploymentId,
        runtime: 'connectors',
        action: 'reconfigure:42',
        nodes: null,
        outcome: 'accepted',
        status: 202,
        code: null,
      },
    ]);
    assert.equal(world.sandbox.record.dispatches[0]?.idempotency_key, 'mine');
  });
});

describe('sandbox: limits and faults', () => {
  it('answers more requests than the limit with 429 and the seconds to wait, per key', () => {
    const world = new World({ rateLimit: 2 });
    const { admin, readonly } = world.sandbox.keys;
    assert.equal(world.get(world.activities).status, 200);
    assert.equal(world.get(world.activities).status, 200);
    const refused = world.get(world.activities, admin.value);
    assertProblem(refused, 429, 'rate_limited');
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal(world.get(world.activities, readonly.value).status, 200);
    world.now += 500;
    assert.equal(world.get(world.activities).status, 200);
    assert.equal(world.get(world.activities).status, 429);
  });

  it('a limit under one a second waits for longer', () => {
    const world = new World({ rateLimit: 0.1 });
    world.get(world.activities);
    assert.equal(world.get(world.activities).headers['retry-after'], '10');
  });

  it('fails before or after carrying out what it was asked', () => {
    const world = new World();
    const headers = {
      'ld-api-key': world.sandbox.keys.admin.value,
      'idempotency-key': 'one',
      'content-type': 'application/json',
    };
    const request = { method: 'POST', path: `${world.activities}/iggy/restart`, headers, body: '{}' };
    assertProblem(world.sandbox.handle(request, { when: 'before', status: 500 }), 500, 'internal_error');
    assert.equal(world.sandbox.record.dispatches.length, 0);
    const failed = world.sandbox.handle(request, { when: 'after', status: 503 });
    assertProblem(failed, 503, 'service_unavailable');
    assert.equal(failed.headers['retry-after'], '1');
    assert.equal(world.sandbox.record.dispatches.length, 1);
    assert.equal(world.sandbox.handle(request).headers['idempotent-replayed'], 'true');
    const outcomes = world.sandbox.record.posts.map((post) => [post.outcome, post.status]);
    assert.deepEqual(outcomes, [
      ['refused', 500],
      ['accepted', 503],
      ['replayed', 202],
    ]);
  });
});
