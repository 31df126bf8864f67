import { BaseCommand } from '../../cli/base-command.js';
import { printOptions } from '../../cli/flags.js';
import { ProfileStore } from '../../config/profiles.js';
import { configDir } from '../../config/settings.js';
import { expiryOf } from '../../config/target.js';
import { cellText, type Column } from '../../output/columns.js';
import { printList } from '../../output/list.js';
import { profileDocument, type ProfileDocument } from './profile.shared.js';

export default class ProfilesList extends BaseCommand {
  static override summary = 'All profiles, with the current one marked. Asks no server.';
  static override examples = ['ldctl profiles list', 'ldctl profiles list --columns name,expires'];

  protected override async execute() {
    const { env, clock, output } = this.host;
    const { flags } = await this.parse(ProfilesList);
    const { profiles, current } = new ProfileStore(await configDir(env), clock).read();
    const documents = profiles.map((profile) => profileDocument(profile, current));
    const noun = 'profiles; `ldctl profiles add NAME` makes one';
    await printList(
      output,
      [documents],
      { noun, columns: profileColumns(clock.now()) },
      printOptions(flags),
    );
    return 0;
  }
}

function profileColumns(now: number): ReadonlyArray<Column<ProfileDocument>> {
  const expiry = ({ expires_at: at }: ProfileDocument) => (at === null ? null : expiryOf(at, now));
  return [
    {
      name: 'current',
      priority: 2,
      value: ({ current }) => current,
      text: ({ current }) => (current ? '*' : ' '),
    },
    {
      name: 'name',
      priority: 1,
      value: ({ name }) => name,
      style: ({ current }) => (current ? 'bold' : undefined),
    },
    {
      name: 'deployment',
      priority: 3,
      value: (profile) =>
        profile.deployment_path ?? profile.deployment_name ?? profile.deployment_id,
    },
    { name: 'deployment_id', priority: 9, extra: true, value: (profile) => profile.deployment_id },
    { name: 'tenant', priority: 6, value: (profile) => profile.tenant_id },
    { name: 'protected', priority: 5, value: (profile) => profile.protected },
    { name: 'key', priority: 7, value: (profile) => profile.key_store },
    {
      name: 'expires',
      priority: 4,
      value: (profile) => profile.expires_at,
      text: (profile) => expiry(profile)?.text ?? cellText(profile.expires_at),
      style: (profile) => (expiry(profile)?.soon ? 'bad' : undefined),
    },
    {
      name: 'supervisor_url',
      priority: 8,
      extra: true,
      value: (profile) => profile.supervisor_url,
    },
    { name: 'api_url', priority: 10, extra: true, value: (profile) => profile.api_url },
  ];
}
