/*
 * The profiles on the disk: `config.json`. Fields that a newer version added to it or to a profile
 * are kept. Profiles are a list, in which a name such as `constructor` is safe.
 */

import { randomUUID } from 'node:crypto';
import { existsSync, realpathSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type WritingConf from 'conf';
import * as v from 'valibot';
import type { Clock } from '../base/clock.js';
import { refusedError, usageError } from '../base/errors.js';
import { idText } from '../base/journal.js';
import { idsAsStrings } from '../base/json.js';
import { ApiKey, isApiKeyText } from '../base/secret.js';
import {
  ensurePrivateFolder,
  FILE_MODE,
  fileFault,
  filesIn,
  IS_POSIX,
  parseStored,
  readPrivateFile,
  removeQuietly,
  sweep,
} from './files.js';
import { takeLock, type Lock } from './lock.js';

const apiKey = v.pipe(
  v.string(),
  v.check(isApiKeyText),
  v.transform((text) => new ApiKey(text)),
);

const PROFILE_NAME = /^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}$/;

const profileSchema = v.looseObject({
  name: v.pipe(v.string(), v.regex(PROFILE_NAME)),
  tenant_id: idText,
  api_url: v.optional(v.string()),
  supervisor_url: v.optional(v.string()),
  deployment_id: v.optional(idText),
  deployment_name: v.optional(v.string()),
  /** `division/environment/name`. */
  deployment_path: v.optional(v.string()),
  /** Where the deployment stands, so that Core can be asked about it at once. */
  division_id: v.optional(idText),
  environment_id: v.optional(idText),
  /** Every action has to be confirmed by typing the name of the deployment. */
  protected: v.optional(v.boolean()),
  /** When the key expires, RFC 3339, as the API last said. */
  expires_at: v.optional(v.string()),
  key: v.variant('store', [
    v.strictObject({ store: v.literal('file'), api_key: apiKey }),
    v.strictObject({ store: v.literal('command'), command: v.pipe(v.string(), v.regex(/\S/)) }),
    // Not the name of the profile: two configs may have profiles of the same name.
    v.strictObject({ store: v.literal('keyring'), account: v.pipe(v.string(), v.nonEmpty()) }),
  ]),
});

const configSchema = v.looseObject({
  current: v.optional(v.string()),
  profiles: v.pipe(
    v.array(profileSchema),
    v.check((profiles) => new Set(profiles.map(({ name }) => name)).size === profiles.length),
  ),
});

/** Where to act, and as whom. The names are those on the disk. */
export type Profile = v.InferOutput<typeof profileSchema>;
export type ProfileKey = Profile['key'];
export type Config = v.InferOutput<typeof configSchema>;

const FILE = 'config.json';

/** A dash in front is refused, so that a name never looks like a flag. */
export function checkProfileName(text: string): string {
  if (PROFILE_NAME.test(text)) return text;
  throw usageError(
    'invalid_profile_name',
    `${JSON.stringify(text)} cannot be the name of a profile`,
    'Use 1 to 64 letters, digits, dots, dashes and underscores, and do not start with a dash.',
  );
}

/** @param of what names it, where that is not the command line */
export function findProfile({ profiles }: Config, name: string, of?: string): Profile {
  const profile = profiles.find((candidate) => candidate.name === name);
  if (profile) return profile;
  throw refusedError(
    'profile_not_found',
    `there is no profile ${JSON.stringify(name)}${of === undefined ? '' : ` (${of})`}`,
    profiles.length === 0
      ? 'There are no profiles yet: `ldctl profiles add NAME` adds one.'
      : `There are: ${profiles.map((known) => known.name).join(', ')}.`,
  );
}

/**
 * What is stored. Read without conf, whose loading takes longer than all the rest of a start.
 * @param folder see `Folders`
 * @throws as `openProfiles`
 */
export function readConfig(folder: string): Config {
  const path = join(folder, FILE);
  const text = readPrivateFile(path);
  return text === null ? { profiles: [] } : decodeConfig(text, path);
}

/**
 * Every method throws UsageError (exit 2) for a file that is open to other users, is broken, or
 * cannot be read or written; such a file is left unchanged.
 * @param folder see `Folders`
 * @param signal ends the waiting for another process that changes the profiles
 */
export function openProfiles(folder: string, clock: Clock, signal?: AbortSignal) {
  const read = () => readConfig(folder);

  /**
   * Does something while no other process changes a file of the folder.
   * @param work gets what replaces a file, by its name without `.json`, as a whole
   */
  const locked = async <T>(work: (replace: Replace) => T): Promise<T> => {
    ensurePrivateFolder(folder);
    // Loaded before the lock is taken.
    const { default: Conf } = await import('conf');
    const lock = await takeLock(folder, `${FILE}.lock`, clock, signal);
    try {
      return work((name, content) => {
        replaceFile(join(folder, `${name}.json`), content, lock, Conf);
      });
    } finally {
      lock.release();
    }
  };

  /** `work` changes what is stored while no other process does. */
  const change = <T>(work: (config: Config) => T) =>
    locked((replace) => {
      const config = read();
      const result = work(config);
      replace('config', revealed(config));
      return result;
    });

  return {
    path: join(folder, FILE),
    read,
    locked,
    change,

    /** Called before the user is asked for anything. */
    assertCanAdd(name: string) {
      assertNew(read(), name);
      ensurePrivateFolder(folder);
    },

    /** Adds a profile; the first one becomes the current one. @returns it, and which is current */
    add: (profile: Profile) =>
      change((config) => {
        assertNew(config, profile.name);
        if (config.profiles.length === 0) config.current = profile.name;
        config.profiles.push(profile);
        return { profile, current: config.current };
      }),

    /** Changes these fields of a profile; one that is undefined is not written. @returns as `add` */
    update: (name: string, fields: Partial<Profile>) =>
      change((config) => {
        const profile = Object.assign(findProfile(config, name), fields);
        return { profile, current: config.current };
      }),
  };
}
export type ProfileStore = ReturnType<typeof openProfiles>;

type Replace = (name: string, content: Record<string, unknown>) => void;

/** conf only writes: the file was read before. */
const WRITING = {
  fileExtension: '',
  configFileMode: FILE_MODE,
  deserialize: () => ({}),
  serialize: (content: unknown) => JSON.stringify(content, idsAsStrings, '\t'),
};

/** How the name of a draft goes on after that of its file: by us, and then by conf. */
const DRAFT = /^\.[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}(\.tmp-[\da-f]+)?$/;
/** No file takes as long to be written, ms. */
const LONGEST_WRITE = 60_000;

/** Removes the drafts of a file that killed processes have left. There may be keys in them. */
function sweepDrafts(target: string) {
  const folder = dirname(target);
  const name = basename(target);
  try {
    const isDraft = (one: string) => one.startsWith(name) && DRAFT.test(one.slice(name.length));
    const drafts = filesIn([folder]).filter((one) => isDraft(one.name));
    sweep(drafts, Date.now() - LONGEST_WRITE);
  } catch {
    // The folder cannot be listed.
  }
}

/**
 * A disk may stall while a file is written, until the lock is another's. So the file is written
 * under another name, and takes its place only while the lock is held.
 */
function replaceFile(
  path: string,
  content: Record<string, unknown>,
  { assertHeld }: Lock,
  Conf: typeof WritingConf,
) {
  const write = (to: string) => {
    const [cwd, configName] = [dirname(to), basename(to)];
    new Conf<Record<string, unknown>>({ ...WRITING, cwd, configName }).store = content;
  };
  // It may be a link, such as into a folder of dotfiles.
  const target = existsSync(path) ? realpathSync(path) : path;
  const draft = `${target}.${randomUUID()}`;
  try {
    if (!IS_POSIX) {
      // There a rename may have to be tried again and again, as conf does.
      assertHeld();
      write(path);
      return;
    }
    sweepDrafts(target);
    write(draft);
    assertHeld();
    renameSync(draft, target);
  } catch (error) {
    throw fileFault('write', path, error);
  } finally {
    removeQuietly(draft);
  }
}

function decodeConfig(text: string, path: string) {
  // A byte order mark, as an editor on Windows may add.
  const result = parseStored(text.replace(/^\ufeff/, ''), configSchema);
  if (result.success) return result.output;
  const field = v.getDotPath(result.issues[0]);
  const what =
    field === null ? 'is not JSON with a list of profiles' : `cannot be used: look at ${field}`;
  throw usageError(
    'config_broken',
    `${path} ${what}`,
    'ldctl left it as it is. Fix it, or move it away and add the profiles again.',
  );
}

/** Keys in the clear, for the disk. */
function revealed({ profiles, ...config }: Config): Record<string, unknown> {
  const plain = profiles.map(({ key, ...profile }) => ({
    ...profile,
    key: key.store === 'file' ? { ...key, api_key: key.api_key.reveal() } : key,
  }));
  return { ...config, profiles: plain };
}

function assertNew({ profiles }: Config, name: string) {
  if (!profiles.some((profile) => profile.name === name)) return;
  throw usageError(
    'profile_exists',
    `there is already a profile ${JSON.stringify(name)}`,
    'Choose another name, or change it with `ldctl profiles update`.',
  );
}
