import { BaseCommand } from '../../cli/base-command.js';
import { neededArg } from '../../cli/line/flags.js';
import { leaving } from '../../cli/asking/prompts.js';
import { overridingVariables, variableIn } from '../../config/settings.js';
import { profileFlags } from '../../cli/profiles/gather.js';
import { makeProfile } from '../../cli/profiles/make.js';
import { placeIn, profileDocument, profileText } from '../../cli/profiles/document.js';

export default class ProfilesAdd extends BaseCommand {
  static override summary = 'Store a tenant, an API key and a deployment under a name.';
  static override description =
    'At a terminal it asks for what you do not give as a flag: the tenant, the key, the deployment, and where to store ' +
    'the key. Otherwise it reads LD_TENANT_ID, LD_API_KEY or LD_API_KEY_FILE, LD_API_URL, LD_DEPLOYMENT_ID and ' +
    'LD_SUPERVISOR_URL. It stores no key that the API rejects, and no flag takes a key. The first profile becomes the current one.';
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
      leaving('nothing was stored'),
    );
    const document = profileDocument(added.profile, added.current);
    const { env } = this.host;
    const chosen = variableIn(env, 'LD_PROFILE') ?? added.current;
    // Variables count before the current profile, and may name another deployment.
    const isChosen = chosen === args.name && overridingVariables(env).length === 0;
    const next =
      placeIn(document) === null
        ? `profiles update ${args.name} --deployment NAME`
        : `nodes list${isChosen ? '' : ` -p ${args.name}`}`;
    const text = `added ${profileText(document, this.host.clock.now())}\nnext: ldctl ${next}`;
    return this.done(context, text, document);
  }
}
