import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ApiKey } from '../../../src/base/secret.js';
import { type Keyring } from '../../../src/config/keyring.js';
import { type KeyTools } from '../../../src/config/keys.js';
import { type Profile } from '../../../src/config/profiles.js';

export const KEY = 'ld_pk_abcdefghijklmnopqrstuvwxyz012345';
export const OTHER_KEY = 'ld_pk_zyxwvutsrqponmlkjihgfedcba543210';

const folders: string[] = [];

/** A private folder that `removeFolders` takes away. */
export function privateFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'ldctl-test-'));
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

/**
 * A private folder for `withoutPrivileges`. As root it must be one that nobody can get to, so it is
 * below /tmp where TMPDIR, or a folder above it, is closed to others.
 */
export function folderOfModes(): string {
  return privateFolder(isRoot() && !isOpen(tmpdir()) ? '/tmp' : tmpdir());
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** Whether everybody can get through a folder, and through all above it. */
function isOpen(folder: string): boolean {
  const isLast = dirname(folder) === folder;
  return (statSync(folder).mode & 0o001) !== 0 && (isLast || isOpen(dirname(folder)));
}

/**
 * No mode keeps root out, so as root a test of modes acts as the user nobody, who then owns
 * `folder`. Nobody may not be able to read the checkout: what is loaded while `step` runs must have
 * been loaded before.
 */
export async function withoutPrivileges<T>(folder: string, step: () => Promise<T>): Promise<T> {
  if (!isRoot() || !process.seteuid) return step();
  const nobody = 65534;
  for (const name of readdirSync(folder)) chownSync(join(folder, name), nobody, nobody);
  chownSync(folder, nobody, nobody);
  process.seteuid(nobody);
  try {
    return await step();
  } finally {
    process.seteuid(0);
  }
}
