import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../helpers/root.js';
import { textsIn } from '../helpers/svg.js';

describe('the pictures', function () {
  this.timeout(300_000);

  it('are taken from a real run, in light and in dark', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ldctl-pictures-'));
    try {
      const args = ['--import', 'tsx', 'scripts/pictures/main.ts', '--to', folder, 'rejection'];
      const [code] = (await once(
        spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] }),
        'close',
      )) as [number];
      assert.equal(code, 0);
      const [light, dark] = ['light', 'dark'].map((theme) =>
        readFileSync(join(folder, `rejection-${theme}.svg`), 'utf8'),
      );
      const texts = textsIn(light ?? '');
      assert.deepEqual(textsIn(dark ?? ''), texts);
      assert.notEqual(light, dark);
      assert.equal(texts[0], '$ ldctl activities trigger iggy restart --yes');
      assert.deepEqual(
        texts.filter((text) => /^(completed|rejected)$/.test(text)),
        ['completed', 'rejected', 'completed'],
      );
      assert.deepEqual(texts.slice(-2), ['$ echo $?', '3']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
