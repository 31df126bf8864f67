import assert from 'node:assert/strict';
import { World, read, type ProblemBody } from './harness.js';

const MINUTE = 60_000;

describe('sandbox: idempotency keys', () => {
  it('the same key and body: the first answer again, marked, and nothing is carried out', () => {
    const world = new World();
    const first = world.post('{}', { idempotencyKey: 'k' });
    assert.equal(first.headers['idempotent-replayed'], undefined);
    world.now += 1000;
    const again = world.post('{}', { idempotencyKey: 'k' });
    assert.equal(again.status, 202);
    assert.equal(again.headers['idempotent-replayed'], 'true');
    assert.equal(again.headers.date, 'Mon, 16 Mar 2026 12:00:01 GMT');
    assert.notEqual(again.headers['ld-request'], first.headers['ld-request']);
    assert.equal(world.sandbox.record.dispatches.length, 1);
    assert.deepEqual(
      world.sandbox.record.posts.map((post) => post.outcome),
      ['accepted', 'replayed'],
    );
  });

  it('another key: another trigger', () => {
    const world = new World();
    world.post('{}', { idempotencyKey: 'a' });
    world.post('{}', { idempotencyKey: 'b' });
    assert.equal(world.sandbox.record.dispatches.length, 2);
  });

  it('the same key with another body: 409 idempotency_error', () => {
    const world = new World();
    world.post('{}', { idempotencyKey: 'k' });
    for (const body of ['', '{ }', `{"nodes":[${String(world.sandbox.nodes[0])}]}`]) {
      const answer = world.post(body, { idempotencyKey: 'k' });
      assert.equal(answer.status, 409);
      assert.equal((read(answer) as ProblemBody).code, 'idempotency_error');
      assert.equal(answer.headers['idempotent-replayed'], undefined);
    }
    assert.equal(world.sandbox.record.dispatches.length, 1);
  });

  it('the same key while the first is still running: 409 idempotent_request_in_progress, then the replay', () => {
    const world = new World({ answerMs: 3000 });
    assert.equal(world.post('{}', { idempotencyKey: 'k' }).holdMs, 3000);
    world.now += 2999;
    const early = world.post('{}', { idempotencyKey: 'k' });
    assert.equal(early.status, 409);
    assert.equal((read(early) as ProblemBody).code, 'idempotent_request_in_progress');
    assert.equal(early.holdMs, 0);
    assert.equal((read(world.post('', { idempotencyKey: 'k' })) as ProblemBody).code, 'idempotency_error');
    world.now += 1;
    assert.equal(world.post('{}', { idempotencyKey: 'k' }).headers['idempotent-replayed'], 'true');
    assert.equal(world.sandbox.record.dispatches.length, 1);
  });

  it('forgets a key after 10 minutes', () => {
    const world = new World();
    world.post('{}', { idempotencyKey: 'k' });
    world.now += 10 * MINUTE - 1;
    assert.equal(world.post('{}', { idempotencyKey: 'k' }).headers['idempotent-replayed'], 'true');
    world.now += 1;
    assert.equal(world.post('{}', { idempotencyKey: 'k' }).headers['idempotent-replayed'], undefined);
    assert.equal(world.sandbox.record.dispatches.length, 2);
  });

  it('keeps the keys of two API keys apart', () => {
    const world = new World();
    world.post('{}', { idempotencyKey: 'k' });
    const other = world.post('', { idempotencyKey: 'k', key: world.sandbox.keys.expiring.value });
    assert.equal(other.status, 202);
    assert.equal(world.sandbox.record.dispatches.length, 2);
  });

  it('replays a refusal too, with an instance of its own', () => {
    const world = new World();
    const options = { idempotencyKey: 'k', key: world.sandbox.keys.readonly.value };
    assert.equal(world.post('{}', options).status, 403);
    const again = world.post('{}', options);
    assert.equal(again.status, 403);
    assert.equal(again.headers['idempotent-replayed'], 'true');
    assert.equal((read(again) as ProblemBody).instance, again.headers['ld-request']);
  });

  it('another path is another request; or, by key and body alone, the same', () => {
    const rules = [
      ['path-and-body', 409, 1],
      ['body', 202, 1],
      ['off', 202, 2],
    ] as const;
    for (const [idempotency, status, dispatches] of rules) {
      const world = new World({ idempotency });
      world.post('{}', { idempotencyKey: 'k' });
      const other = world.post('{}', { idempotencyKey: 'k', path: `${world.activities}/connectors/stop` });
      assert.equal(other.status, status);
      assert.equal(other.headers['idempotent-replayed'], idempotency === 'body' ? 'true' : undefined);
      assert.equal(world.sandbox.record.dispatches.length, dispatches);
    }
  });

  it('ignores keys when told so: what is sent twice is done twice', () => {
    const world = new World({ idempotency: 'off' });
    world.post('{}', { idempotencyKey: 'k' });
    const again = world.post('{}', { idempotencyKey: 'k' });
    assert.equal(again.headers['idempotent-replayed'], undefined);
    assert.equal(world.sandbox.record.dispatches.length, 2);
  });
});
