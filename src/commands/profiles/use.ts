import { BaseCommand } from '../../cli/base-command.js';
import { askedArg } from '../../cli/line/flags.js';
import { findProfile } from '../../config/profiles.js';
import { variableIn, overridingVariables } from '../../config/settings.js';
import { chooseProfile, profileDocument } from '../../cli/profiles/document.js';

export default class ProfilesUse extends BaseCommand {
  static override summary = 'Make a profile the current one, used unless you choose another.';
  static override examples = ['ldctl profiles use prod'];
  static override args = {
    name: askedArg('the profile to use from now on'),
  };

  protected override async execute() {
    const { args } = await this.parse(ProfilesUse);
    const prompts = this.asker(args);
    const context = await this.open();
    const name = prompts ? await chooseProfile(prompts, context.store.read()) : args.name;
    const profile = await context.store.change((config) => {
      const found = findProfile(config, name);
      config.current = found.name;
      return found;
    });
    const chosen = variableIn(this.host.env, 'LD_PROFILE') ?? profile.name;
    const still =
      chosen === profile.name
        ? ''
        : `; LD_PROFILE chooses ${chosen} all the same, until it is unset`;
    const set = overridingVariables(this.host.env).join(', ');
    const overridden =
      set &&
      `\nthe environment (${set}) overrides it. To use the profile: --profile ${profile.name}`;
    const text = `using profile ${profile.name}${still}${overridden}`;
    return this.done(context, text, profileDocument(profile, profile.name));
  }
}
