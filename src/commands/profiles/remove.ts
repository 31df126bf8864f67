import { BaseCommand } from '../../cli/base-command.js';
import { askedArg, switchFlag } from '../../cli/line/flags.js';
import type { CommandContext } from '../../cli/context.js';
import { cannotAskText, Declined, leaving } from '../../cli/asking/prompts.js';
import { usageError } from '../../base/errors.js';
import { findProfile } from '../../config/profiles.js';
import { chooseProfile } from '../../cli/profiles/document.js';
import { forgetKey } from '../../cli/profiles/make.js';

export default class ProfilesRemove extends BaseCommand {
  static override summary = 'Remove a profile and its stored key.';
  static override description =
    'Asks first; without a terminal it needs --yes. The key itself stays valid until you revoke it in the LaserData ' +
    'console. If you remove the current profile, no profile is current. Without a name, at a terminal, you choose from a list.';
  static override examples = ['ldctl profiles remove old --yes'];
  static override args = {
    name: askedArg('the profile to remove'),
  };
  static override flags = {
    yes: switchFlag('Do not ask.', { char: 'y' }),
  };

  protected override async execute() {
    const { args, flags } = await this.parse(ProfilesRemove);
    const prompts = this.asker(args);
    const context = await this.open();
    const name = prompts ? await chooseProfile(prompts, context.store.read()) : args.name;
    // Choosing from a list is no consent.
    const current = await removeProfile(name, flags.yes && !prompts, context);
    const rest = current === null ? '; no profile is the current one now' : '';
    return this.done(context, `removed profile ${name}${rest}`, { removed: name, current });
  }
}

/** @returns the name of the profile that is current now */
async function removeProfile(name: string, yes: boolean, context: CommandContext) {
  const { host, store, prompts } = context;
  const { key } = findProfile(store.read(), name);
  if (!yes) {
    if (!prompts) {
      const message = `this would remove profile ${name}, and ${cannotAskText(host)}`;
      throw usageError('consent_missing', message, 'Add --yes.');
    }
    const undone = 'nothing was removed';
    const what = key.store === 'command' ? name : `${name} and its key`;
    const isAgreed = await prompts.confirm(`Remove profile ${what}?`).catch(leaving(undone));
    if (!isAgreed) throw new Declined(undone);
  }
  const current = await store.change((config) => {
    config.profiles.splice(config.profiles.indexOf(findProfile(config, name)), 1);
    if (config.current === name) config.current = undefined;
    return config.current ?? null;
  });
  await forgetKey(key, context);
  return current;
}
