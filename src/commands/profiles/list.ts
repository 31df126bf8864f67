import { BaseCommand } from '../../cli/base-command.js';
import { openProfileDesk } from '../../cli/profile-desk.js';
import { showProfiles } from '../../cli/show-profile.js';
import type { ExitCode } from '../../core/exit-codes.js';

export default class ProfilesList extends BaseCommand {
  static override summary = 'All profiles, with the current one marked. Asks no server.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --columns name,expires',
  ];

  protected override async execute(signal: AbortSignal): Promise<ExitCode> {
    const { flags } = await this.parse(ProfilesList);
    const { store } = await openProfileDesk(this.host, flags, signal);
    return showProfiles(this.host, flags, store.read());
  }
}
