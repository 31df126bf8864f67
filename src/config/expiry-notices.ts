import { join } from 'node:path';
import * as v from 'valibot';
import { type Clock } from '../base/clock.js';
import { LdctlError } from '../base/errors.js';
import { ensurePrivateFolder, readPrivateFile, writePrivateFile } from '../config/private-files.js';

const EVERY_MS = 24 * 60 * 60_000;

/** When the user was last told about each profile: ms, UTC. A list, so that every name is possible. */
const notices = v.array(v.object({ profile: v.string(), at: v.number() }));
type Notices = v.InferOutput<typeof notices>;

/**
 * Remembers, beside the profiles, whom it was said to that a key is about to expire. Nothing here may fail a command:
 * what cannot be read was not said yet, and what cannot be written is said again.
 */
export class ExpiryNotices {
  readonly #folder: string;
  readonly #path: string;
  readonly #clock: Clock;

  /** @param folder see `configDir` */
  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#path = join(folder, 'expiry-notices.json');
    this.#clock = clock;
  }

  /** Whether it is due to be said, at most once a day; counts it as said. */
  take(profile: string): boolean {
    const now = this.#clock.now();
    const recent = this.#read().filter(({ at }) => at <= now && now - at < EVERY_MS);
    if (recent.some((notice) => notice.profile === profile)) return false;
    this.#write([...recent, { profile, at: now }]);
    return true;
  }

  #read(): Notices {
    try {
      const text = readPrivateFile(this.#path);
      const result = v.safeParse(notices, text === null ? [] : JSON.parse(text));
      return result.success ? result.output : [];
    } catch (error) {
      if (error instanceof LdctlError || error instanceof SyntaxError) return [];
      throw error;
    }
  }

  #write(said: Notices): void {
    try {
      ensurePrivateFolder(this.#folder);
      writePrivateFile(this.#path, `${JSON.stringify(said)}\n`);
    } catch (error) {
      if (!(error instanceof LdctlError)) throw error;
    }
  }
}
