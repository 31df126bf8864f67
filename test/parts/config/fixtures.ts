import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiKey } from '../../../src/base/secret.js';
import { type Keyring } from '../../../src/config/keyring.js';
import { type KeyTools } from '../../../src/config/keys.js';
import { type Profile } from '../../../src/config/profiles.js';

export const KEY = 'ld_pk_abcdefghijklmnopqrstuvwxyz012345';
export const OTHER_KEY = 'ld_pk_zyxwvutsrqponmlkjihgfedcba543210';

const folders: string[] = [];

/** A private folder that `removeFolders` takes away. */
export function privateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-test-'));
  chmodSync(folder, 0o700);
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A profile with a key in the config, and whatever else is given. */
export function profileNamed(name: string, fields: Partial<Profile> = {}): Profile {
  return {
    name,
    tenant_id: 18446744073709551615n,
    key: { store: 'file', api_key: new ApiKey(KEY) },
    ...fields,
  };
}

/** Stands for the keyring where nothing may be asked of it. */
const untouchedKeyring: Keyring = {
  get: () => assert.fail('the keyring was asked for a key'),
  set: () => assert.fail('the keyring was given a key'),
  delete: () => assert.fail('the keyring was told to forget a key'),
};

export function keyTools(fields: Partial<KeyTools> = {}): KeyTools {
  return {
    env: { PATH: process.env['PATH'] },
    keyring: untouchedKeyring,
    isSilent: true,
    ...fields,
  };
}
