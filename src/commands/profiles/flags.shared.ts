import * as Flags from '@oclif/core/flags';
import { switchFlag, textFlag, type FlagsOf } from '../../cli/flags.js';
import { KEY_STORES } from '../../config/profiles.js';

/** What a profile holds. Without `--profile`: these commands name the profile as their argument. */
export const profileFlags = {
  'tenant-id': textFlag('ID', 'The tenant.'),
  'api-url': textFlag('URL', 'Base URL of the Core API, if not the public one.'),
  'supervisor-url': textFlag(
    'URL',
    "Base URL of the deployment's Supervisor API. Looked up if not given.",
  ),
  deployment: textFlag('ID|NAME|PATH', 'The deployment to act on.', {
    aliases: ['deployment-id'],
  }),
  'key-store': Flags.option({ options: KEY_STORES })({
    summary:
      "Where the API key is kept: in the system's keyring, in a file that only you can read, or nowhere, since a command prints it.",
  }),
  'key-command': textFlag(
    'CMD',
    "A shell command that prints the key, such as a password manager's.",
  ),
  'api-key-stdin': switchFlag('Read the API key from stdin. Without it, ldctl asks at a terminal.'),
  // Neither said: left as it is.
  protected: Flags.boolean<boolean | undefined>({
    allowNo: true,
    summary: "Ask for the deployment's name before every action, unless --confirm NAME gives it.",
  }),
  verify: switchFlag('Check the key and the deployment with the API before storing anything.', {
    allowNo: true,
    default: true,
  }),
};
export type ProfileFlags = FlagsOf<typeof profileFlags>;
