import assert from 'node:assert/strict';
import { World, read, type ProblemBody } from './world.js';

const HEX_32 = /^[0-9a-f]{32}$/;
const MINUTE = 60_000;

/** The answer is a problem as the contract lists it. */
function assertProblem(
  answer: ReturnType<World['get']>,
  status: number,
  code: string,
): ProblemBody {
  assert.equal(answer.status, status, answer.body);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
  const problem = read(answer) as ProblemBody;
  assert.deepEqual([problem.code, problem.status], [code, BigInt(status)]);
  assert.match(problem.instance, HEX_32);
  assert.equal(problem.instance, answer.headers['ld-request']);
  assert.equal(problem.retryable, [429, 500, 503].includes(status));
  assert.notEqual(problem.reason, '');
  return problem;
}

describe('sandbox: refuses what the contract does not have', () => {
  const world = new World();
  const { activities, nodes } = world;
  const [node = 0n] = nodes;
  const tenant = '/tenants/7261845022003200001';
  const deployment = (
    division: string,
    environment: string,
    id = '7263012455120900033',
    of = tenant,
  ): string => `${of}/divisions/${division}/environments/${environment}/deployments/${id}`;

  const refused: Array<[method: string, status: number, code: string, ...paths: string[]]> = [
    ['GET', 404, 'not_found', '/deployment', `/${activities}`, `${activities}/`, `${activities}/1`],
    ['POST', 404, 'not_found', activities],
    ['GET', 404, 'not_found', `${activities}/iggy/restart`],
    [
      ...(['POST', 404, 'not_found'] as const),
      ...[
        'kafka/restart',
        'iggy/explode',
        'iggy/restart:1',
        'iggy/reconfigure',
        'iggy/reconfigure:1:2',
        'iggy/reconfigure%3A42',
      ],
    ],
    [
      'GET',
      404,
      'not_found',
      '/deployments/18446744073709551615/activities',
      '/deployments/sandbox/activities',
    ],
    ['POST', 404, 'not_found', '/deployments/1/activities/iggy/restart'],
    [
      'GET',
      403,
      'forbidden',
      '/tenants/1/structure',
      '/tenants/1/api_keys/context',
      deployment('1', '1', '1', '/tenants/1'),
    ],
    [
      ...(['GET', 404, 'not_found'] as const),
      deployment('7261845022003200102', '7261845022003200202'),
      deployment('7261845022003200101', '7261845022003200203'),
      deployment('7261845022003200101', '7261845022003200202', '1'),
    ],
  ];
  for (const [method, status, code, ...paths] of refused) {
    it(`${method} ${paths.join()}: ${status}`, () => {
      for (const given of paths) {
        const path = given.startsWith('/') ? given : `${activities}/${given}`;
        assertProblem(
          method === 'GET' ? world.get(path) : world.post('{}', { path }),
          status,
          code,
        );
      }
    });
  }

  it('names the parameter of a query that is wrong', () => {
    const queries = [
      'results=0',
      'results=101',
      'results=1e1',
      'results=',
      'page=0',
      'page=01',
      'page=-1',
      'status=x',
    ];
    for (const query of queries) {
      const problem = assertProblem(world.get(`${activities}?${query}`), 400, 'validation_error');
      const field = query.slice(0, query.indexOf('='));
      assert.deepEqual(
        [problem.field, problem.field_issues?.map(({ path }) => path)],
        [field, [field]],
      );
    }
  });

  const bodies: Array<[body: string, ...paths: string[]]> = [
    ['{"nodes":[]}', 'nodes'],
    ['{"nodes":null}', 'nodes'],
    [`{"nodes":${node}}`, 'nodes'],
    [`{"nodes":["${node}"]}`, 'nodes[0]'],
    ['{"nodes":[18446744073709551616]}', 'nodes[0]'],
    [`{"nodes":[${node}.0]}`, 'nodes[0]'],
    ['{"nodes":[6.10809900976570889e17]}', 'nodes[0]'],
    ['{"nodes":[-1]}', 'nodes[0]'],
    [`{"nodes":[${node},610809900976570900]}`, 'nodes[1]'],
    [`{"nodes":["1",${node},2]}`, 'nodes[0]', 'nodes[2]'],
    [`{"nodes":[${node}],"dry":true}`, 'dry'],
    ...['[]', 'null', '{', '['.repeat(100_000)].map((body): [string, string] => [body, 'body']),
  ];
  it('names the fields of a body that are wrong', () => {
    for (const [body, ...paths] of bodies) {
      const problem = assertProblem(world.post(body), 400, 'validation_error');
      const named = problem.field_issues?.map(({ path }) => path);
      assert.deepEqual([problem.field, named], [paths[0], paths], body.slice(0, 60));
    }
  });

  it('an idempotency key that is empty or too long: 400', () => {
    for (const idempotencyKey of ['', 'x'.repeat(256)]) {
      const problem = assertProblem(world.post('{}', { idempotencyKey }), 400, 'validation_error');
      assert.equal(problem.field, 'idempotency-key');
    }
    assert.equal(new World().post('{}', { idempotencyKey: 'x'.repeat(255) }).status, 202);
  });

  afterEach(() => {
    assert.deepEqual(world.record.dispatches, []);
    assert.ok(world.record.posts.every(({ outcome }) => outcome === 'refused'));
  });
});

describe('sandbox: accepts what the contract has', () => {
  it('no body and {} mean every node, a list means those', () => {
    const world = new World();
    const [first = 0n, , third = 0n] = world.nodes;
    for (const body of ['', '{}', `{"nodes":[${String(third)}, ${String(first)}]}`]) {
      assert.equal(world.post(body).status, 202);
    }
    assert.deepEqual(
      world.record.dispatches.map((dispatch) =>
        dispatch.activities.map((activity) => activity.node_id),
      ),
      [world.nodes, world.nodes, [first, third]],
    );
  });
});

describe('sandbox: idempotency keys', () => {
  const outcomes = (world: World): string[] => world.record.posts.map(({ outcome }) => outcome);
  const isReplayed = (answer: ReturnType<World['post']>): boolean =>
    answer.headers['idempotent-replayed'] === 'true';

  it('the same key and body: the first answer again, marked, and nothing runs', () => {
    const world = new World();
    const first = world.post('{}', { idempotencyKey: 'k' });
    world.now += 1000;
    const again = world.post('{}', { idempotencyKey: 'k' });
    assert.deepEqual(
      [first.status, isReplayed(first), again.status, isReplayed(again)],
      [202, false, 202, true],
    );
    assert.equal(again.headers.date, 'Mon, 16 Mar 2026 12:00:01 GMT');
    assert.notEqual(again.headers['ld-request'], first.headers['ld-request']);
    assert.equal(world.record.dispatches.length, 1);
    assert.deepEqual(outcomes(world), ['accepted', 'replayed']);
  });

  it('the same key with another body, or on another path: 409 idempotency_error', () => {
    const world = new World();
    world.post('{}', { idempotencyKey: 'k' });
    for (const body of ['', '{ }', `{"nodes":[${String(world.nodes[0])}]}`]) {
      assertProblem(world.post(body, { idempotencyKey: 'k' }), 409, 'idempotency_error');
    }
    const path = `${world.activities}/connectors/stop`;
    assertProblem(world.post('{}', { idempotencyKey: 'k', path }), 409, 'idempotency_error');
    assert.equal(world.record.dispatches.length, 1);
  });

  it('the same key while the first is still running: 409 idempotent_request_in_progress, then the replay', () => {
    const world = new World({ answerMs: 3000 });
    assert.equal(world.post('{}', { idempotencyKey: 'k' }).holdMs, 3000);
    world.now += 2999;
    const early = world.post('{}', { idempotencyKey: 'k' });
    assertProblem(early, 409, 'idempotent_request_in_progress');
    assert.equal(early.holdMs, 0);
    assertProblem(world.post('', { idempotencyKey: 'k' }), 409, 'idempotency_error');
    world.now += 1;
    assert.ok(isReplayed(world.post('{}', { idempotencyKey: 'k' })));
    assert.equal(world.record.dispatches.length, 1);
  });

  it('forgets a key after 10 minutes', () => {
    const world = new World();
    world.post('{}', { idempotencyKey: 'k' });
    world.now += 10 * MINUTE - 1;
    assert.ok(isReplayed(world.post('{}', { idempotencyKey: 'k' })));
    world.now += 1;
    assert.equal(isReplayed(world.post('{}', { idempotencyKey: 'k' })), false);
    assert.equal(world.record.dispatches.length, 2);
  });
});

describe('sandbox: limits and faults', () => {
  it('answers more requests than the limit with 429 and the seconds to wait, per key', () => {
    const world = new World({ rateLimit: 2 });
    for (let n = 0; n < 2; n += 1) assert.equal(world.get(world.activities).status, 200);
    const refused = world.get(world.activities);
    assertProblem(refused, 429, 'rate_limited');
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal(world.get(world.activities, world.key('readonly')).status, 200);
    world.now += 500;
    assert.deepEqual(
      [world.get(world.activities).status, world.get(world.activities).status],
      [200, 429],
    );
    const slow = new World({ rateLimit: 0.1 });
    slow.get(slow.activities);
    assert.equal(slow.get(slow.activities).headers['retry-after'], '10');
  });

  it('fails before or after carrying out what it was asked', () => {
    const world = new World();
    const post = (runs: boolean, status: 500 | 503) =>
      world.post('{}', { idempotencyKey: 'one', fault: { runs, status } });
    assertProblem(post(false, 500), 500, 'internal_error');
    assert.equal(world.record.dispatches.length, 0);
    const failed = post(true, 503);
    assertProblem(failed, 503, 'service_unavailable');
    assert.equal(failed.headers['retry-after'], '1');
    assert.equal(
      world.post('{}', { idempotencyKey: 'one' }).headers['idempotent-replayed'],
      'true',
    );
    assert.deepEqual(
      world.record.posts.map((one) => [one.outcome, one.status]),
      [
        ['refused', 500],
        ['accepted', 503],
        ['replayed', 202],
      ],
    );
    assert.equal(world.record.dispatches.length, 1);
  });
});
