import { BaseCommand } from '../../cli/base-command.js';
import { optionalArg } from '../../cli/line/flags.js';
import { usageError } from '../../base/errors.js';
import { fieldsOf } from '../../output/list.js';
import { findProfile } from '../../config/profiles.js';
import {
  chooseProfile,
  expiryText,
  profileDocument,
  readProfiles,
} from '../../cli/profiles/document.js';

export default class ProfilesShow extends BaseCommand {
  static override summary = 'Show one profile, with its key masked. Sends no request.';
  static override examples = ['ldctl profiles show', 'ldctl profiles show prod -o json'];
  static override args = {
    name: optionalArg('the profile. Default: the current one; if there is none, it asks'),
  };

  protected override async execute() {
    const { args } = await this.parse(ProfilesShow);
    const config = await readProfiles(this.host);
    const known = args.name ?? config.current;
    const prompts = known ? null : this.prompts();
    const name = prompts ? await chooseProfile(prompts, config) : known;
    if (name === undefined) {
      throw usageError(
        'no_profile',
        'there is no current profile',
        'Name a profile, or choose one with `ldctl profiles use NAME`. `ldctl profiles list` shows them.',
      );
    }
    const profile = findProfile(config, name);
    const { clock, output } = this.host;
    const document = profileDocument(profile, config.current);
    const { expires_at: at } = document;
    const expiry = at !== null && expiryText(at, clock.now(), output.inUtc);
    return this.show(document, fieldsOf(document, expiry ? { expires_at: expiry } : {}));
  }
}
