import * as Flags from '@oclif/core/flags';
import type { FlagsOf } from '../../cli/flags.js';
import { KEY_STORES } from '../../config/profiles.js';

/** What a profile holds. Without `--profile`: these commands name the profile as their argument. */
export const profileFlags = {
  'tenant-id': Flags.string({ helpValue: 'ID', summary: 'The tenant.' }),
  'api-url': Flags.string({
    helpValue: 'URL',
    summary: 'Base URL of the Core API, if not the public one.',
  }),
  'supervisor-url': Flags.string({
    helpValue: 'URL',
    summary: "Base URL of the deployment's Supervisor API. Looked up unless given.",
  }),
  deployment: Flags.string({
    aliases: ['deployment-id'],
    helpValue: 'ID|NAME|PATH',
    summary: 'The deployment to act on.',
  }),
  'key-store': Flags.option({ options: KEY_STORES })({
    summary:
      "Where the API key is kept: the system's keyring, a file that only you can read, or with a command that prints it.",
  }),
  'key-command': Flags.string({
    helpValue: 'CMD',
    summary: "A command that prints the key, such as a password manager's; run by the shell.",
  }),
  'api-key-stdin': Flags.boolean({
    summary: 'Read the API key from stdin. At a terminal it is asked for.',
  }),
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
