import { BaseCommand } from '../../cli/base-command.js';
import { optionalArg } from '../../cli/flags.js';
import { usageError } from '../../base/errors.js';
import { fieldsOf } from '../../output/list.js';
import { currentProfile, findProfile } from '../../config/profiles.js';
import { expiryText, profileDocument, readProfiles } from '../../cli/profiles/document.js';

export default class ProfilesShow extends BaseCommand {
  static override summary = 'Show one profile, with its key masked. Sends no request.';
  static override examples = ['ldctl profiles show', 'ldctl profiles show prod -o json'];
  static override args = {
    name: optionalArg('the profile; the current one if not given'),
  };

  protected override async execute() {
    const { args } = await this.parse(ProfilesShow);
    const config = await readProfiles(this.host);
    const profile =
      args.name === undefined ? currentProfile(config) : findProfile(config, args.name);
    if (!profile) {
      throw usageError(
        'no_profile',
        'there is no current profile',
        'Name a profile, or choose one with `ldctl profiles use NAME`. `ldctl profiles list` shows them.',
      );
    }
    const { clock, output } = this.host;
    const document = profileDocument(profile, config.current);
    const { expires_at: at } = document;
    const expiry = at !== null && expiryText(at, clock.now(), output.inUtc);
    return this.show(document, fieldsOf(document, expiry ? { expires_at: expiry } : {}));
  }
}
