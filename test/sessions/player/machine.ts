import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiKey } from '../../../src/base/secret.js';
import { KeyringError, type Keyring } from '../../../src/config/keyring.js';

/** A computer that commands run on: its files, its keyring (`~/keyring` shows it), its clock. */
export class Machine {
  readonly home: string;
  readonly keyring: Keyring;
  /** How far its clock is ahead, ms; below 0, behind. */
  clockOffset = 0;
  /** Whether its keyring answers nothing, or takes no key. */
  keyringFails: 'never' | 'write' | 'always' = 'never';
  /** The records that have been given a time. */
  readonly #dated = new Set<string>();

  /** @param folder of the session */
  constructor(folder: string, name: string) {
    this.home = join(folder, name);
    mkdirSync(this.home);
    const keys = new Map<string, string>();
    const open = (change: 'read' | 'write'): Promise<Map<string, string>> =>
      this.keyringFails === 'always' || this.keyringFails === change
        ? Promise.reject(new KeyringError('the keyring is locked', LOCKED))
        : Promise.resolve(keys);
    const change = async (work: (keys: Map<string, string>) => void): Promise<void> => {
      work(await open('write'));
      const lines = [...keys].map(([account, key]) => `${account.replace(RANDOM, 'ID')} ${key}\n`);
      writeFileSync(join(this.home, 'keyring'), lines.join('') || 'nothing\n');
    };
    this.keyring = {
      get: async (account) => (await open('read')).get(account) ?? null,
      set: (account, key: ApiKey) => change((kept) => void kept.set(account, key.reveal())),
      delete: (account) => change((kept) => void kept.delete(account)),
    };
  }

  /** A path as it is typed. @throws Error for one that is not below `~` */
  path(typed: string): string {
    if (!/^~\/\w[\w./-]*$/.test(typed)) {
      throw new Error(`a file is written as ~/NAME, not ${typed}`);
    }
    return join(this.home, typed.slice(2));
  }

  /** A word with `~` as a shell has it: at the start, or after `=`. */
  expand(word: string): string {
    return word.replace(/(^|=)~(?=\/)/g, (_, before: string) => before + this.home);
  }

  /**
   * Gives the records of runs that were written the time of the session: the disk has the real one.
   * @param now ms, by the clock of this machine
   */
  dateRecords(now: number): void {
    for (const name of readdirSync(this.home, { recursive: true, encoding: 'utf8' })) {
      const path = join(this.home, name);
      if (!RECORD.test(name) || this.#dated.has(path)) continue;
      utimesSync(path, now / 1000, now / 1000);
      this.#dated.add(path);
    }
  }
}

const LOCKED = { code: 'keyring_failed', hint: 'Unlock it, and try again.' };
/** The end of an account: each key has another one. */
const RANDOM = /[\da-f]{8}$/;
const RECORD = /[\da-f]{64}\.\d+$/;
