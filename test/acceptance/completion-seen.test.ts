import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ldctl } from '../helpers/ldctl.js';
import { withScene, type Scene } from '../helpers/scene.js';
import { Terminal } from '../helpers/terminal.js';

const RESTART = ['activities', 'trigger', 'iggy', 'restart'];

async function offered(scene: Scene, ...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await scene.ldctl(['__complete', ...words]);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '')
    .filter((value) => value !== '' && !value.startsWith(':'));
}

describe('what completion knows of', function () {
  this.timeout(120_000);

  it('are the entries and nodes of the log that was read last at a terminal, without a request', () =>
    withScene({}, async (scene) => {
      await scene.ldctl([...RESTART, '--yes']);
      const { code } = await new Terminal(ldctl('activities', 'list'), scene.env).ended();
      assert.equal(code, 0);
      const { reads } = scene.sandbox.record;
      assert.deepEqual((await offered(scene, ...RESTART, '-n', '')).sort(), scene.nodes.sort());
      assert.ok((await offered(scene, 'activities', 'show', '')).length >= scene.nodes.length);
      assert.equal(scene.sandbox.record.reads, reads);
      assert.equal(statSync(join(String(scene.env.LDCTL_CONFIG_DIR), 'seen.json')).mode & 0o777, 0o600);
    }));

  it('is nothing that a script came across, but for the keys of the journal', () =>
    withScene({}, async (scene) => {
      await scene.ldctl([...RESTART, '--yes', '--idempotency-key', 'run-1']);
      assert.equal(existsSync(join(String(scene.env.LDCTL_CONFIG_DIR), 'seen.json')), false);
      assert.deepEqual(await offered(scene, ...RESTART, '--idempotency-key', ''), ['run-1']);
      assert.deepEqual(await offered(scene, ...RESTART, '-n', ''), []);
    }));
});
