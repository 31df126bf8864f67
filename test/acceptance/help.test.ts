import assert from 'node:assert/strict';
import { withScene } from '../helpers/scene.js';

describe('help', function () {
  this.timeout(60_000);

  it('of a command has its examples first, and the global flags in a line of 80 characters', () =>
    withScene({}, async (scene) => {
      for (const asked of [
        ['activities', 'list', '-h'],
        ['-o', 'json', '-h', 'activities', 'list'],
        ['help', 'activities', 'list'],
      ]) {
        const { code, stdout, stderr } = await scene.ldctl(asked);
        assert.equal(code, 0, stderr);
        assert.deepEqual(stdout.match(/^[A-Z ]+$/gm), ['USAGE', 'EXAMPLES', 'FLAGS', 'DESCRIPTION', 'GLOBAL FLAGS']);
        assert.match(stdout, /^ {2}\$ ldctl activities list \[FLAGS\]$/m);
        const [, line = ''] = stdout.split('GLOBAL FLAGS\n');
        assert.match(line, /^ {2}[^\n]{1,78}\n+$/);
        assert.match(line, /ldctl help global-flags/);
      }
    }));

  it('on global flags has each of them, in 80 columns', () =>
    withScene({}, async (scene) => {
      const { code, stdout } = await scene.ldctl(['help', 'global-flags']);
      assert.equal(code, 0);
      assert.match(stdout, /^-o, --output table\|json\|yaml\|csv\|ndjson$/m);
      assert.match(stdout, /^-p, --profile NAME$/m);
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
    }));
});
