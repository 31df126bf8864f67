import * as Flags from '@oclif/core/flags';
import { UsageError } from '../../base/errors.js';
import { parseKeyCommand } from '../../config/parse-key-command.js';
import type { Platform } from '../../system/platform.js';
import { KEY_STORES, type ProfileKey } from '../../config/profile.js';
import type { FlagsOf } from '../flags.js';

/** What a profile holds. Without `--profile`: these commands name the profile as their argument. */
export const profileFlags = {
  'tenant-id': Flags.string({ helpValue: 'ID', summary: 'The tenant.' }),
  'api-url': Flags.string({ helpValue: 'URL', summary: 'Base URL of the Core API, if not the public one.' }),
  'supervisor-url': Flags.string({
    helpValue: 'URL',
    summary: "Base URL of the deployment's Supervisor API. Looked up unless given.",
  }),
  deployment: Flags.string({
    aliases: ['deployment-id'],
    helpValue: 'ID|NAME',
    summary: 'The deployment to act on.',
  }),
  'key-store': Flags.option({ options: KEY_STORES })({
    summary:
      "Where the API key is kept: the system's keyring, a file that only you can read, or with a command that prints it.",
  }),
  'key-command': Flags.string({
    helpValue: 'CMD',
    summary: "A program that prints the key, such as a password manager's; run without a shell.",
  }),
  'api-key-stdin': Flags.boolean({ summary: 'Read the API key from stdin. At a terminal it is asked for.' }),
  // Neither said: left as it is.
  protected: Flags.boolean<boolean | undefined>({
    allowNo: true,
    summary: "Every action asks for the deployment's name to be typed, or takes --confirm NAME.",
  }),
  verify: Flags.boolean({
    allowNo: true,
    default: true,
    summary: 'Ask the API about the key and the deployment before anything is stored.',
  }),
};

export type ProfileFlags = FlagsOf<typeof profileFlags>;

export const removeFlags = {
  yes: Flags.boolean({ char: 'y', summary: 'Do not ask.' }),
  'keep-key': Flags.boolean({ summary: 'Leave the key in the keyring, for when that cannot be reached.' }),
};
export type RemoveFlags = FlagsOf<typeof removeFlags>;

/** What was said about the key. At most one of `command` and `fromStdin`. */
export interface KeyOptions {
  /** Where to keep it; undefined when that is not said. Never without a `command` when it is `command`. */
  store?: ProfileKey['store'];
  command?: readonly string[];
  fromStdin: boolean;
}

/** @throws UsageError for flags that do not go together, or a key command that is none */
export function parseKeyOptions(
  flags: Pick<ProfileFlags, 'key-store' | 'key-command' | 'api-key-stdin'>,
  platform: Platform,
): KeyOptions {
  const { 'key-store': store, 'key-command': text, 'api-key-stdin': fromStdin } = flags;
  if (text === undefined) {
    if (store !== 'command') return { store, fromStdin };
    throw conflict('--key-store command needs --key-command', 'It says which program prints the key.');
  }
  if (fromStdin) throw conflict('--key-command and --api-key-stdin are two ways to give one key', 'Give one of them.');
  if (store !== undefined && store !== 'command') {
    throw conflict(
      `--key-command and --key-store ${store} do not go together`,
      `To keep a key that a program prints once: PROGRAM | ldctl … --api-key-stdin --key-store ${store}`,
    );
  }
  return { store: 'command', command: parseKeyCommand(text, platform), fromStdin: false };
}

function conflict(message: string, hint: string): UsageError {
  return new UsageError(message, { code: 'conflicting_flags', hint });
}
