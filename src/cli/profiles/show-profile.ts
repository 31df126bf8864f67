import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import { printList } from '../../output/list.js';
import { printObject } from '../../output/list.js';
import { profileColumns, profileFields, type ExpiryWords, type ProfileDocument } from '../../output/profile-columns.js';
import { expiryOf } from '../../config/expiry.js';
import type { Profile } from '../../config/profile.js';
import { DEFAULT_API_URL } from '../../config/settings.js';
import type { Printing } from '../context.js';
import { printOptions } from '../flags.js';
import type { Host } from '../host.js';

/** Prints one profile. */
export async function showProfile({ host, flags }: Printing, profile: Profile, current: boolean): Promise<ExitCode> {
  const document = profileDocument(profile, current);
  const options = printOptions(flags);
  await printObject(host.output, document, profileFields(document, expiryWords(host), { utc: options.utc }), options);
  return EXIT_CODES.done.code;
}

/** Prints all profiles, in the order they were added. */
export async function showProfiles(
  { host, flags }: Printing,
  { profiles, current }: { profiles: readonly Profile[]; current?: string | undefined },
): Promise<ExitCode> {
  const documents = profiles.map((profile) => profileDocument(profile, profile.name === current));
  const spec = { noun: 'profiles; `ldctl profiles add NAME` makes one', columns: profileColumns(expiryWords(host)) };
  await printList(host.output, [documents], spec, printOptions(flags));
  return EXIT_CODES.done.code;
}

function profileDocument(profile: Profile, current: boolean): ProfileDocument {
  const { key } = profile;
  return {
    name: profile.name,
    current,
    tenant_id: profile.tenant_id,
    api_url: profile.api_url ?? DEFAULT_API_URL,
    deployment_id: profile.deployment_id ?? null,
    deployment_name: profile.deployment_name ?? null,
    supervisor_url: profile.supervisor_url ?? null,
    protected: profile.protected ?? false,
    key_store: key.store,
    api_key: key.store === 'file' ? key.api_key.mask() : null,
    expires_at: profile.expires_at ?? null,
  };
}

function expiryWords(host: Host): ExpiryWords {
  return (expiresAt) => expiryOf(expiresAt, host.clock.now());
}
