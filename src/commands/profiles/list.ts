import { BaseCommand } from '../../cli/base-command.js';
import type { ExitCode } from '../../base/exit-codes.js';
import { ProfileStore } from '../../config/profiles.js';
import { configDir } from '../../config/settings.js';
import { printProfiles, profileDocument } from './profile.shared.js';

export default class ProfilesList extends BaseCommand {
  static override summary = 'All profiles, with the current one marked. Asks no server.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --columns name,expires',
  ];

  protected override async execute(): Promise<ExitCode> {
    const { host } = this;
    const { flags } = await this.parse(ProfilesList);
    const { profiles, current } = new ProfileStore(await configDir(host.env), host.clock).read();
    return printProfiles(
      { host, flags },
      profiles.map((profile) => profileDocument(profile, current)),
    );
  }
}
