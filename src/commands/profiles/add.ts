import { BaseCommand } from '../../cli/base-command.js';
import { neededArg } from '../../cli/flags.js';
import type { CommandContext } from '../../cli/context.js';
import { hintOnInterrupt } from '../../cli/signals.js';
import { findProfile, type Profile } from '../../config/profiles.js';
import { expiryOf } from '../../config/target.js';
import { gather } from './gather.shared.js';
import { keep } from './keep.shared.js';
import { profileFlags, type ProfileFlags } from './flags.shared.js';
import { placeIn, printProfile, profileDocument, type ProfileDocument } from './profile.shared.js';
import { verify } from './verify.shared.js';

export default class ProfilesAdd extends BaseCommand {
  static override summary = 'Store a tenant, an API key and a deployment under a name.';
  static override description =
    'At a terminal it asks for what you do not give as a flag: the tenant, the key, the deployment, and where to store ' +
    'the key. Otherwise it reads LD_TENANT_ID, LD_API_KEY, LD_API_URL and LD_DEPLOYMENT_ID. It stores no key that the API ' +
    'rejects, and no flag takes a key. The first profile becomes the current one.';
  static override examples = [
    'ldctl profiles add prod',
    'secret-tool lookup laserdata prod | ldctl profiles add prod --tenant-id 7261845022003200001 ' +
      '--deployment sandbox --key-store file --api-key-stdin',
    'ldctl profiles add prod --tenant-id 7261845022003200001 --deployment sandbox ' +
      '--key-command "op read op://ops/laserdata/key"',
  ];
  static override args = {
    name: neededArg('letters, digits, dots, dashes, underscores'),
  };
  static override flags = profileFlags;

  protected override async execute() {
    const { args, flags } = await this.parse(ProfilesAdd);
    const context = await this.open();
    const added = await makeProfile(args.name, null, flags, context).catch(
      hintOnInterrupt('Nothing was stored.'),
    );
    const document = profileDocument(added.profile, added.current);
    // A person has answered each question, and needs no table of the answers.
    if (context.prompts && this.host.output.options.format === 'table') {
      context.say(addedText(document, context.host.clock.now()));
      return 0;
    }
    context.say(`added profile ${args.name}${document.current ? ', now the current one' : ''}`);
    return printProfile(this.host, document);
  }
}

/** `added prod → platform/production/sandbox; key expires in 199 days`, and the command to type next. */
function addedText(profile: ProfileDocument, now: number) {
  const place = placeIn(profile);
  const expiry = expiryOf(profile.expires_at, now);
  const key = expiry ? `; key ${expiry.expires}` : '';
  return place === null
    ? `added ${profile.name}${key}\nnext: ldctl profiles update ${profile.name} --deployment NAME`
    : `added ${profile.name} → ${place}${key}\nnext: ldctl nodes list`;
}

/**
 * A new profile comes from flags, the environment, and what the user answers. A stored one is
 * changed by flags alone, since a variable may be left over from another profile; without flags,
 * ldctl asks for a new key. Nothing is stored before the end, and nothing that the API rejects,
 * unless `--no-verify` keeps ldctl from asking it.
 * @returns the profile, and the name of the current one
 */
export async function makeProfile(
  name: string,
  stored: Profile | null,
  flags: ProfileFlags,
  context: CommandContext,
): Promise<{ profile: Profile; current: string | undefined }> {
  const gathered = await gather(name, stored, flags, context);
  const verified = await verify(gathered, context);
  await keep(name, verified, context);
  const config = context.store.read();
  return { profile: findProfile(config, name), current: config.current };
}
