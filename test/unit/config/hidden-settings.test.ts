import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hiddenText } from '../../../src/config/hidden-settings.js';
import { KEY, OTHER_KEY, privateFolder, profileNamed, removeFolders } from './fixtures.js';
import { itOnPosix } from '../../helpers/platform.js';

const STAGE = profileNamed('stage', {
  tenant_id: 111n,
  api_url: 'https://api.example',
  supervisor_url: 'https://supervisor.example',
  deployment_id: 1000n,
  deployment_name: 'main',
});
const BARE = profileNamed('bare', { tenant_id: 111n });

function keyFile(text: string): string {
  const path = join(privateFolder(), 'key');
  writeFileSync(path, text);
  return path;
}

describe('variables that hide what a profile says', () => {
  after(removeFolders);

  for (const [name, other, same] of [
    ['LD_API_KEY', [OTHER_KEY], [KEY, ` ${KEY} `]],
    ['LD_TENANT_ID', ['112', 'x'], ['111', '0111']],
    ['LD_API_URL', ['https://api.example:8443', 'x'], ['https://api.example', 'https://API.example/']],
    ['LD_SUPERVISOR_URL', ['https://other.example'], ['https://supervisor.example/']],
    ['LD_DEPLOYMENT_ID', ['1001', 'MAIN', 'other'], ['1000', '01000', 'main']],
  ] as const) {
    it(`${name} does when it says something else, and not when it says the same`, () => {
      for (const text of other) {
        assert.equal(
          hiddenText(STAGE, { [name]: text }),
          `${name} from the environment hides what profile stage says; unset it, or give --profile stage`,
        );
      }
      for (const text of [...same, '', ' ', undefined]) assert.equal(hiddenText(STAGE, { [name]: text }), null);
    });
  }

  it('all that do are in one line, and no value is', () => {
    const env = {
      LD_API_KEY: OTHER_KEY,
      LD_TENANT_ID: '111',
      LD_DEPLOYMENT_ID: '7',
      LD_SUPERVISOR_URL: 'https://x.example',
    };
    const text = hiddenText(STAGE, env) ?? '';
    assert.match(
      text,
      /^LD_API_KEY, LD_SUPERVISOR_URL, LD_DEPLOYMENT_ID from the environment hide what profile stage says/,
    );
    assert.doesNotMatch(text, /ld_pk|x\.example/);
  });

  it('only what the profile says can be hidden', () => {
    const env = { LD_DEPLOYMENT_ID: '7', LD_SUPERVISOR_URL: 'https://x.example', LD_API_URL: 'https://y.example' };
    assert.equal(hiddenText(BARE, env), null);
  });

  it('what a flag says is hidden by none', () => {
    const env = { LD_DEPLOYMENT_ID: '7', LD_TENANT_ID: '112' };
    assert.match(hiddenText(STAGE, env, { deployment: '8' }) ?? '', /^LD_TENANT_ID from/);
  });

  it('keys are compared only where the profile’s is in the config', () => {
    for (const key of [
      { store: 'command', command: ['false'] },
      { store: 'keyring', account: 'x' },
    ] as const) {
      const profile = profileNamed('stage', { key });
      assert.equal(
        hiddenText(profile, {
          LD_API_KEY: OTHER_KEY,
          LD_API_KEY_FILE: '/none',
          LD_TENANT_ID: String(profile.tenant_id),
        }),
        null,
      );
    }
  });

  itOnPosix('a key file is read for it; a pipe, which can be read only once, is not', 'it has no FIFOs', () => {
    assert.equal(hiddenText(STAGE, { LD_API_KEY_FILE: keyFile(`${KEY}\n`) }), null);
    assert.match(hiddenText(STAGE, { LD_API_KEY_FILE: keyFile(OTHER_KEY) }) ?? '', /^LD_API_KEY_FILE from/);
    const pipe = join(privateFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    assert.match(hiddenText(STAGE, { LD_API_KEY_FILE: pipe }) ?? '', /^LD_API_KEY_FILE from/);
    assert.match(hiddenText(STAGE, { LD_API_KEY_FILE: '/none' }) ?? '', /^LD_API_KEY_FILE from/);
    // LD_API_KEY is used, and is the same.
    assert.equal(hiddenText(STAGE, { LD_API_KEY: KEY, LD_API_KEY_FILE: pipe }), null);
  });

  it('nothing is said inside the sandbox, whose variables are meant to', () => {
    assert.equal(hiddenText(STAGE, { LD_DEPLOYMENT_ID: '7', LDCTL_IN_SANDBOX: '1' }), null);
  });
});
