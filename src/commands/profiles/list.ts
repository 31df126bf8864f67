import { BaseCommand } from '../../cli/base-command.js';
import { showProfiles } from '../../cli/profiles/show-profile.js';
import type { ExitCode } from '../../base/exit-codes.js';
import { configDir } from '../../config/config-dir.js';
import { ProfileStore } from '../../config/store.js';

export default class ProfilesList extends BaseCommand {
  static override summary = 'All profiles, with the current one marked. Asks no server.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --columns name,expires',
  ];

  protected override async execute(): Promise<ExitCode> {
    const { flags } = await this.parse(ProfilesList);
    // Without the rest of a context: completion asks for this list, and no server is asked here.
    const store = new ProfileStore(await configDir(this.host.env), this.host.clock);
    return showProfiles({ host: this.host, flags }, store.read());
  }
}
