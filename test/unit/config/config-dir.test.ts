import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { configDir } from '../../../src/config/config-dir.js';

describe('the folder of the config', () => {
  it('is the one that LDCTL_CONFIG_DIR names', async () => {
    const named = resolve('/somewhere/else');
    assert.equal(await configDir({ LDCTL_CONFIG_DIR: named }), named);
  });

  it('is taken from where the command runs when it is relative', async () => {
    assert.equal(await configDir({ LDCTL_CONFIG_DIR: 'conf' }), resolve('conf'));
  });

  for (const unset of [undefined, '', ' ']) {
    it(`is the platform's own, without a suffix, when LDCTL_CONFIG_DIR is ${JSON.stringify(unset)}`, async () => {
      const folder = await configDir({ LDCTL_CONFIG_DIR: unset });
      if (process.platform === 'linux') {
        assert.equal(folder, join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'ldctl'));
      } else if (process.platform === 'darwin') {
        assert.equal(folder, join(homedir(), 'Library', 'Preferences', 'ldctl'));
      }
      assert.doesNotMatch(folder, /nodejs/);
    });
  }
});
