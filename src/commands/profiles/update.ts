import { BaseCommand } from '../../cli/base-command.js';
import { neededArg } from '../../cli/line/flags.js';
import { leaving } from '../../cli/asking/prompts.js';
import { findProfile } from '../../config/profiles.js';
import { profileFlags } from '../../cli/profiles/gather.js';
import { makeProfile } from '../../cli/profiles/make.js';
import { profileDocument, profileText } from '../../cli/profiles/document.js';

export default class ProfilesUpdate extends BaseCommand {
  static override summary = 'Change a profile: its key, its deployment or any other setting.';
  static override description =
    'Changes only what you give as a flag, and ignores the environment. Without flags, at a terminal, it asks for a new ' +
    'key. --api-key-stdin replaces the key in the place where it is kept, and --key-store moves it. If a command printed it, ldctl asks ' +
    'where to keep the new one; without a terminal that is the keyring. It stores nothing that the API rejects.';
  static override examples = [
    'secret-tool lookup laserdata prod | ldctl profiles update prod --api-key-stdin',
    'ldctl profiles update prod --deployment staging --no-protected',
    'ldctl profiles update prod --key-store keyring',
  ];
  static override args = {
    name: neededArg('the profile to change'),
  };
  static override flags = profileFlags;

  protected override async execute() {
    const { args, flags } = await this.parse(ProfilesUpdate);
    const context = await this.open();
    const stored = findProfile(context.store.read(), args.name);
    const { profile, current } = await makeProfile(args.name, stored, flags, context).catch(
      leaving('nothing was changed'),
    );
    const document = profileDocument(profile, current);
    const text = `updated ${profileText(document, this.host.clock.now())}`;
    return this.done(context, text, document);
  }
}
