import { BaseCommand } from '../cli/base-command.js';
import { CommandContext } from '../cli/context.js';
import { connectionFlags } from '../cli/flags.js';
import { identify } from '../cli/profiles/identify.js';
import { showIdentity } from '../cli/profiles/show-identity.js';
import type { Interrupts } from '../cli/signals.js';
import type { ExitCode } from '../base/exit-codes.js';

export default class Whoami extends BaseCommand {
  static override summary = 'Whose key this is, what it may do, when it expires; and where each setting came from.';
  static override description =
    'Says what is known: without a tenant id the API cannot be asked about the key, and the settings are all there is. ' +
    'When the key is a profile’s own, its expiry is stored, so that other commands can warn of it in time.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --profile prod -o json',
  ];
  static override flags = connectionFlags;

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { flags } = await this.parse(Whoami);
    const context = await CommandContext.connect(this.host, flags, interrupts);
    const identity = await identify(context);
    if (identity.key_id !== null) await context.rememberExpiry(identity.expires_at);
    return showIdentity(context, identity);
  }
}
