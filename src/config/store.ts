import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock } from '../base/clock.js';
import { UsageError } from '../base/errors.js';
import { decodeConfig, encodeConfig } from './config-file.js';
import { withLock } from '../config/lock.js';
import { unlessBusy } from '../config/busy-files.js';
import { fileFault } from '../config/files.js';
import { assertWritable, ensurePrivateFolder, FILE_MODE, readPrivateFile } from '../config/private-files.js';
import { checkProfileName, currentProfile, findProfile, type Config, type Profile } from './profile.js';

/** What conf calls a file before it is whole. */
const DRAFT = /^config\.json\.tmp-\d{10}[\da-f]{6}$/;

/**
 * The profiles on the disk: `config.json` in `folder` (see `configDir`). Reading creates nothing. Every change is a
 * read-modify-write under a lock, so that none is lost, and replaces the file whole.
 *
 * Every method throws UsageError (exit 2) for a file that is open to others, broken, or that cannot be read or
 * written; such a file is left byte for byte as it is.
 */
export class ProfileStore {
  readonly path: string;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;

  /** @param signal ends the waiting for another process that changes the profiles; a change that has begun is done */
  constructor(folder: string, clock: Clock, signal?: AbortSignal) {
    this.path = join(folder, 'config.json');
    this.#folder = folder;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Everything that is stored. Synchronous and without conf, whose loading takes longer than all the rest. */
  read(): Config {
    return decodeConfig(readPrivateFile(this.path), this.path);
  }

  list(): Profile[] {
    return this.read().profiles;
  }

  /** @throws LdctlError (exit 5) when there is none of this name */
  get(name: string): Profile {
    return findProfile(this.read(), name);
  }

  /** The profile that is used when none is named, or null. @throws LdctlError (exit 5) when it does not exist */
  current(): Profile | null {
    return currentProfile(this.read());
  }

  /**
   * To be asked before the user is asked for anything: whether a profile of this name can be added here.
   * @throws UsageError when there is one, or the folder cannot be written
   */
  assertCanAdd(name: string): void {
    if (this.list().some((profile) => profile.name === name)) throw alreadyThere(name);
    assertWritable(this.#folder);
  }

  /**
   * Adds a profile; the first one becomes the current one.
   * @param replace whether one of the same name gives way; otherwise it is a UsageError
   * @returns whether it is the current one
   */
  add(profile: Profile, { replace = false } = {}): Promise<boolean> {
    checkProfileName(profile.name);
    return this.#change((config) => {
      const index = config.profiles.findIndex(({ name }) => name === profile.name);
      if (index >= 0 && !replace) throw alreadyThere(profile.name);
      if (config.profiles.length === 0) config.current = profile.name;
      config.profiles.splice(index >= 0 ? index : config.profiles.length, 1, profile);
      return config.current === profile.name;
    });
  }

  /**
   * Changes one profile. Its name stays.
   * @param change from the stored profile, as it is under the lock, to the new one
   * @returns the new one
   * @throws LdctlError (exit 5) when there is none of this name; whatever `change` throws, and nothing is changed
   */
  update(name: string, change: (profile: Profile) => Profile): Promise<Profile> {
    return this.#change((config) => {
      const profile = findProfile(config, name);
      const changed = { ...change(profile), name };
      config.profiles.splice(config.profiles.indexOf(profile), 1, changed);
      return changed;
    });
  }

  /** Makes a profile the current one. @throws LdctlError (exit 5) when there is none of this name */
  use(name: string): Promise<Profile> {
    return this.#change((config) => {
      const profile = findProfile(config, name);
      config.current = name;
      return profile;
    });
  }

  /**
   * Removes a profile. When it was the current one, none is current: which one to act on is not for ldctl to guess.
   * @returns the removed profile, and the name of the one that is current now
   * @throws LdctlError (exit 5) when there is none of this name
   */
  remove(name: string): Promise<{ removed: Profile; current: string | null }> {
    return this.#change((config) => {
      const removed = findProfile(config, name);
      config.profiles.splice(config.profiles.indexOf(removed), 1);
      if (config.current === name) config.current = undefined;
      return { removed, current: config.current ?? null };
    });
  }

  async #change<T>(change: (config: Config) => T): Promise<T> {
    ensurePrivateFolder(this.#folder);
    // Loaded before the lock is taken, so that nobody waits for it.
    const { default: Conf } = await import('conf');
    return withLock(
      `${this.path}.lock`,
      this.#clock,
      (lock) => {
        const config = this.read();
        const result = change(config);
        lock.assertHeld();
        try {
          this.#removeDrafts();
          const conf = new Conf<Record<string, unknown>>({
            cwd: this.#folder,
            configFileMode: FILE_MODE,
            clearInvalidConfig: false,
          });
          conf.store = encodeConfig(config);
        } catch (error) {
          throw fileFault('write', this.path, error);
        }
        return result;
      },
      this.#signal,
    );
  }

  /** Drafts that a killed process left behind hold keys. Nobody else writes one while the lock is held. */
  #removeDrafts(): void {
    for (const name of readdirSync(this.#folder)) {
      if (DRAFT.test(name)) unlessBusy(() => rmSync(join(this.#folder, name), { force: true }));
    }
  }
}

function alreadyThere(name: string): UsageError {
  return new UsageError(`there is a profile ${JSON.stringify(name)} already`, {
    code: 'profile_exists',
    hint: 'Choose another name, or change it with `ldctl profiles update`.',
  });
}
