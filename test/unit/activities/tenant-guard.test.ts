import assert from 'node:assert/strict';
import { dryRun } from '../../../src/activities/dry-run.js';
import { guardLog } from '../../../src/activities/tenant-guard.js';
import { trigger } from '../../../src/activities/trigger.js';
import { type Activity } from '../../../src/base/activity.js';
import { LdctlError } from '../../../src/base/errors.js';
import { type Id } from '../../../src/base/ids.js';
import { type Supervisor } from '../../../src/base/supervisor.js';
import { JobBench, plan, statuses } from '../../helpers/run.js';

/** Neighbours that a double could not tell apart. */
const OURS: Id = 7261845022003200001n;
const THEIRS: Id = 7261845022003200002n;

/** A log of which every entry names this tenant, or none. */
const logOf = (bench: JobBench, tenant_id: Id | null | undefined): Supervisor => logWith(bench, { tenant_id });

/** A log of which every entry has these fields. */
function logWith(bench: JobBench, fields: Partial<Activity>): Supervisor {
  return {
    trigger: (request) => bench.supervisor.trigger(request),
    list: async (deploymentId, query) => {
      const page = await bench.supervisor.list(deploymentId, query);
      return { ...page, items: page.items.map((item) => ({ ...item, ...fields })) };
    },
  };
}

const guarded = (supervisor: Supervisor): Supervisor =>
  guardLog(supervisor, { tenantId: OURS, origin: 'profile prod', hint: '`ldctl profiles show prod`' });

const isRefusal = (error: unknown): boolean => {
  assert.ok(error instanceof LdctlError);
  assert.deepEqual([error.code, error.exitCode], ['wrong_tenant', 5]);
  for (const part of [OURS.toString(), THEIRS.toString(), 'profile prod'])
    assert.ok(error.message.includes(part), error.message);
  assert.match(error.hint ?? '', /^Nothing was sent\. `ldctl profiles show prod`/);
  return true;
};

describe('the tenant guard', () => {
  let bench: JobBench;
  beforeEach(() => {
    bench = new JobBench();
    bench.supervisor.addHistory(3, { createdAt: bench.clock.now() });
  });

  it('stops a trigger before anything is sent when the log is another tenant’s', async () => {
    const tools = bench.tools({ supervisor: guarded(logOf(bench, THEIRS)) });
    await assert.rejects(bench.run(trigger(plan(), tools)), isRefusal);
    assert.equal(bench.supervisor.posts.length, 0);
  });

  it('stops a dry run, too', async () => {
    const tools = bench.tools({ supervisor: guarded(logOf(bench, THEIRS)) });
    await assert.rejects(bench.clock.run(dryRun(plan(), tools)), isRefusal);
  });

  for (const [name, fields, code] of [
    ['another deployment', { deployment_id: 72n }, 'wrong_deployment'],
    ['a tenant that lost digits', { tenant_id: 7261845022003200000n }, 'id_rounded'],
  ] as const) {
    it(`stops a trigger with exit 6 when the log names ${name}`, async () => {
      const tools = bench.tools({ supervisor: guarded(logWith(bench, fields)) });
      await assert.rejects(bench.run(trigger(plan(), tools)), { code, exitCode: 6 });
      assert.equal(bench.supervisor.posts.length, 0);
    });
  }

  for (const theirs of [610809900976570900n, 610809900976570880n]) {
    it(`stops a trigger when a proxy makes ${theirs} of the deployment, also where no tenant is known`, async () => {
      const supervisor = guardLog(logWith(bench, { deployment_id: theirs }), null);
      const what = trigger(plan({ deploymentId: 610809900976570889n }), bench.tools({ supervisor }));
      await assert.rejects(bench.run(what), { code: 'id_rounded', exitCode: 6 });
      assert.equal(bench.supervisor.posts.length, 0);
    });
  }

  for (const [name, tenantId] of [
    ['is the profile’s', OURS],
    ['is not said', undefined],
    ['is null', null],
  ] as const) {
    it(`lets a trigger pass when the tenant ${name}`, async () => {
      const tools = bench.tools({ supervisor: guarded(logOf(bench, tenantId)) });
      const report = await bench.run(trigger(plan(), tools));
      assert.deepEqual([report.result.outcome, statuses(report)], ['completed', ['1:completed']]);
    });
  }

  it('lets a trigger pass when there is no log yet, and hides nothing once something was sent', async () => {
    const empty = new JobBench();
    const report = await empty.run(trigger(plan(), empty.tools({ supervisor: guarded(logOf(empty, THEIRS)) })));
    assert.equal(report.result.outcome, 'completed');
  });
});
