import { BaseCommand } from '../../cli/base-command.js';
import { expiryOf } from '../../config/key-life.js';
import { cellText, fieldColumn, type Column } from '../../output/columns.js';
import {
  placeIn,
  profileDocument,
  readProfiles,
  type ProfileDocument,
} from '../../cli/profiles/document.js';

export default class ProfilesList extends BaseCommand {
  static override summary = 'List all profiles, and mark the current one. Sends no request.';
  static override examples = ['ldctl profiles list', 'ldctl profiles list --columns name,expires'];

  protected override async execute() {
    await this.parse(ProfilesList);
    const { profiles, current } = await readProfiles(this.host);
    const documents = () => profiles.map((profile) => profileDocument(profile, current));
    const noun = 'profiles; `ldctl profiles add NAME` adds one';
    const spec = { noun, columns: profileColumns(this.host.clock.now()) };
    return this.list(documents, spec);
  }
}

function profileColumns(now: number): ReadonlyArray<Column<ProfileDocument>> {
  const expiry = ({ expires_at: at }: ProfileDocument) => expiryOf(at, now);
  return [
    fieldColumn('current', 2, 'current', { text: ({ current }) => (current ? '*' : ' ') }),
    fieldColumn('name', 1, 'name', { style: ({ current }) => (current ? 'bold' : undefined) }),
    { name: 'deployment', priority: 3, value: placeIn },
    fieldColumn('deployment_id', null, 'deployment_id'),
    fieldColumn('tenant', 6, 'tenant_id'),
    fieldColumn('protected', 5, 'protected'),
    fieldColumn('key', 7, 'key_store'),
    fieldColumn('expires', 4, 'expires_at', {
      text: (profile) => expiry(profile)?.text ?? cellText(profile.expires_at),
      style: (profile) => (expiry(profile)?.soon ? 'bad' : undefined),
    }),
    fieldColumn('supervisor_url', null, 'supervisor_url'),
    fieldColumn('api_url', null, 'api_url'),
  ];
}
