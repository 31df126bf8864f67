import assert from 'node:assert/strict';
import { World, read, type ProblemBody } from './world.js';

/* What the sandbox refuses. What it accepts and does is seen in every session. */

const HEX_32 = /^[0-9a-f]{32}$/;

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

const linesOf = (text: string): string[] => text.trim().split(/\n\s*/);

const MAIN = '/deployments/7263012455120900033';
const TENANT = '/tenants/7261845022003200001';
const CORE =
  '/divisions/7261845022003200101/environments/7261845022003200202/deployments/7263012455120900033';

/** By status: paths of the supervisor, and of Core. */
const REFUSED = {
  404: linesOf(`
    GET /deployment
    GET /${MAIN}/activities
    GET ${MAIN}/activities/
    GET ${MAIN}/activities/1
    GET ${MAIN}/activities/iggy/restart
    GET /deployments/18446744073709551615/activities
    GET /deployments/sandbox/activities
    POST ${MAIN}/activities
    POST ${MAIN}/activities/kafka/restart
    POST ${MAIN}/activities/iggy/explode
    POST ${MAIN}/activities/iggy/restart:1
    POST ${MAIN}/activities/iggy/reconfigure
    POST ${MAIN}/activities/iggy/reconfigure:1:2
    POST ${MAIN}/activities/iggy/reconfigure%3A42
    POST /deployments/1/activities/iggy/restart
    GET ${TENANT}${CORE.replace('200101', '200102')}
    GET ${TENANT}${CORE.replace('200202', '200203')}
    GET ${TENANT}${CORE.replace(/\d+$/, '1')}`),
  403: linesOf(`
    GET /tenants/1/structure
    GET /tenants/1/api_keys/context
    GET /tenants/1${CORE}`),
};
const CODES = { 404: 'not_found', 403: 'forbidden' } as const;

/** A body, and the fields that are wrong about it. */
const BODIES = linesOf(`
  {"nodes":[]}                                       nodes
  {"nodes":null}                                     nodes
  {"nodes":610809900976570889}                       nodes
  {"nodes":["610809900976570889"]}                   nodes[0]
  {"nodes":[18446744073709551616]}                   nodes[0]
  {"nodes":[610809900976570889.0]}                   nodes[0]
  {"nodes":[6.10809900976570889e17]}                 nodes[0]
  {"nodes":[-1]}                                     nodes[0]
  {"nodes":[610809900976570889,610809900976570900]}  nodes[1]
  {"nodes":["1",610809900976570889,2]}               nodes[0] nodes[2]
  {"nodes":[610809900976570889],"dry":true}          dry
  []                                                 body
  null                                               body
  {                                                  body
  ${'['.repeat(100_000)}  body`);

describe('the sandbox refuses what the contract does not have', () => {
  const world = new World();

  for (const status of [404, 403] as const) {
    for (const line of REFUSED[status]) {
      it(`${line}: ${status}`, () => {
        const [method, path = ''] = line.split(' ');
        const answer = method === 'GET' ? world.get(path) : world.post('{}', { path });
        assertProblem(answer, status, CODES[status]);
      });
    }
  }

  it('names the parameter of a query that is wrong', () => {
    const wrong = 'results=0 results=101 results=1e1 results= page=0 page=01 page=-1 status=x';
    for (const query of wrong.split(' ')) {
      const answer = world.get(`${world.activities}?${query}`);
      const { field, field_issues } = assertProblem(answer, 400, 'validation_error');
      const [name] = query.split('=');
      assert.deepEqual([field, field_issues?.map(({ path }) => path)], [name, [name]]);
    }
  });

  it('names the fields of a body that are wrong', () => {
    for (const line of BODIES) {
      const [body = '', ...fields] = line.split(/ +/);
      const problem = assertProblem(world.post(body), 400, 'validation_error');
      const named = problem.field_issues?.map(({ path }) => path);
      assert.deepEqual([problem.field, named], [fields[0], fields], line.slice(0, 60));
    }
  });

  it('an idempotency key that is empty or too long: 400', () => {
    for (const idempotencyKey of ['', 'x'.repeat(256)]) {
      const problem = assertProblem(world.post('{}', { idempotencyKey }), 400, 'validation_error');
      assert.equal(problem.field, 'idempotency-key');
    }
    assert.equal(new World().post('{}', { idempotencyKey: 'x'.repeat(255) }).status, 202);
  });

  it('a missing and a wrong key: 401 on every path', () => {
    for (const path of [
      world.activities,
      `${TENANT}/api_keys/context`,
      `${TENANT}/structure`,
      `${TENANT}${CORE}`,
    ]) {
      for (const key of [null, '', 'ld_pk_wrong', `${world.key('admin')} `]) {
        assertProblem(world.get(path, key), 401, 'unauthorized');
      }
    }
  });

  afterEach(() => {
    assert.deepEqual(world.record.dispatches, []);
    assert.ok(world.record.posts.every(({ outcome }) => outcome === 'refused'));
  });
});

describe('an idempotency key that the sandbox knows', () => {
  const send = (world: World, body = '{}', path?: string) =>
    world.post(body, { idempotencyKey: 'k', ...(path !== undefined && { path }) });
  const isReplayed = ({ headers }: ReturnType<typeof send>): boolean =>
    headers['idempotent-replayed'] === 'true';

  it('with another body, or on another path: 409 idempotency_error', () => {
    const world = new World();
    send(world);
    for (const body of ['', '{ }', `{"nodes":[${String(world.nodes[0])}]}`]) {
      assertProblem(send(world, body), 409, 'idempotency_error');
    }
    const path = `${world.activities}/connectors/stop`;
    assertProblem(send(world, '{}', path), 409, 'idempotency_error');
    assert.equal(world.record.dispatches.length, 1);
  });

  it('while its first request still runs: 409 idempotent_request_in_progress, then the replay', () => {
    const world = new World({ answerMs: 3000 });
    assert.equal(send(world).holdMs, 3000);
    world.now += 2999;
    const early = send(world);
    assertProblem(early, 409, 'idempotent_request_in_progress');
    assert.equal(early.holdMs, 0);
    assertProblem(send(world, ''), 409, 'idempotency_error');
    world.now += 1;
    const again = send(world);
    assert.deepEqual([again.status, isReplayed(again)], [202, true]);
    assert.equal(world.record.dispatches.length, 1);
  });

  it('is forgotten after 10 minutes', () => {
    const world = new World();
    send(world);
    world.now += 599_999;
    assert.equal(isReplayed(send(world)), true);
    world.now += 1;
    assert.equal(isReplayed(send(world)), false);
    assert.equal(world.record.dispatches.length, 2);
  });
});

describe('the rate limit of the sandbox', () => {
  it('answers 429 and the seconds to wait, to each key for itself', () => {
    const world = new World({ rateLimit: 2 });
    const ask = () => world.get(world.activities);
    assert.deepEqual([ask().status, ask().status], [200, 200]);
    const refused = ask();
    assertProblem(refused, 429, 'rate_limited');
    assert.equal(refused.headers['retry-after'], '1');
    assert.equal(world.get(world.activities, world.key('readonly')).status, 200);
    world.now += 500;
    assert.deepEqual([ask().status, ask().status], [200, 429]);
    const slow = new World({ rateLimit: 0.1 });
    slow.get(slow.activities);
    assert.equal(slow.get(slow.activities).headers['retry-after'], '10');
  });
});
