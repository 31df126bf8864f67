import assert from 'node:assert/strict';
import { withLog } from '../../bench/log-server.js';
import { startLdctl } from '../helpers/ldctl.js';
import { withScene } from '../helpers/scene.js';

describe('a log that grows while it is read', function () {
  this.timeout(120_000);

  for (const order of ['desc', 'asc'] as const) {
    it(`${order}: each entry once, none missing, every digit kept`, () =>
      withScene({}, (scene) =>
        withLog({ entries: 3000, order, latencyMs: 1, growthMs: 2 }, async (log) => {
          const args = ['activities', 'list', '--limit', '0', '-o', 'ndjson'];
          const { code, stdout, stderr } = await startLdctl(args, { ...scene.env, ...log.env })
            .input()
            .ended();
          assert.equal(code, 0, stderr);
          const ids = [...stdout.matchAll(/^\{"id":"(\d+)"/gm)].map(([, id = '']) => id);
          const seen = new Set(ids);
          assert.equal(seen.size, ids.length, 'one came twice');
          assert.deepEqual(
            log.ids.filter((id) => !seen.has(id)),
            [],
          );
        }),
      ));
  }
});
