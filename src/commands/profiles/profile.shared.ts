import * as Flags from '@oclif/core/flags';
import type { ExitCode } from '../../base/exit-codes.js';
import { printOptions, type FlagsOf } from '../../cli/flags.js';
import type { Printing } from '../../cli/context.js';
import { DEFAULT_API_URL } from '../../config/settings.js';
import { KEY_STORES, type Profile } from '../../config/profiles.js';
import { expiryOf } from '../../config/target.js';
import { cellText, timeText, type Column } from '../../output/columns.js';
import { printList, printObject } from '../../output/list.js';

/** What a profile holds. Without `--profile`: these commands name the profile as their argument. */
export const profileFlags = {
  'tenant-id': Flags.string({ helpValue: 'ID', summary: 'The tenant.' }),
  'api-url': Flags.string({ helpValue: 'URL', summary: 'Base URL of the Core API, if not the public one.' }),
  'supervisor-url': Flags.string({
    helpValue: 'URL',
    summary: "Base URL of the deployment's Supervisor API. Looked up unless given.",
  }),
  deployment: Flags.string({
    aliases: ['deployment-id'],
    helpValue: 'ID|NAME|PATH',
    summary: 'The deployment to act on.',
  }),
  'key-store': Flags.option({ options: KEY_STORES })({
    summary:
      "Where the API key is kept: the system's keyring, a file that only you can read, or with a command that prints it.",
  }),
  'key-command': Flags.string({
    helpValue: 'CMD',
    summary: "A command that prints the key, such as a password manager's; run by the shell.",
  }),
  'api-key-stdin': Flags.boolean({ summary: 'Read the API key from stdin. At a terminal it is asked for.' }),
  // Neither said: left as it is.
  protected: Flags.boolean<boolean | undefined>({
    allowNo: true,
    summary: "Every action asks for the deployment's name to be typed, or takes --confirm NAME.",
  }),
  verify: Flags.boolean({
    allowNo: true,
    default: true,
    summary: 'Ask the API about the key and the deployment before anything is stored.',
  }),
};
export type ProfileFlags = FlagsOf<typeof profileFlags>;

/** A profile as it is printed: in JSON, these keys in this order. What is not known, or not set, is null. */
export function profileDocument(profile: Profile, current: string | undefined) {
  const { key } = profile;
  return {
    name: profile.name,
    /** Used when none is named. */
    current: profile.name === current,
    tenant_id: profile.tenant_id,
    api_url: profile.api_url ?? DEFAULT_API_URL,
    deployment_id: profile.deployment_id ?? null,
    deployment_name: profile.deployment_name ?? null,
    supervisor_url: profile.supervisor_url ?? null,
    protected: profile.protected ?? false,
    key_store: key.store,
    /** Masked; null where it would have to be fetched to be known. */
    api_key: key.store === 'file' ? key.api_key.mask() : null,
    expires_at: profile.expires_at ?? null,
  };
}
type ProfileDocument = ReturnType<typeof profileDocument>;

/** Prints all profiles, one a line, in the order they were added. */
export async function printProfiles({ host, flags }: Printing, documents: ProfileDocument[]): Promise<ExitCode> {
  const expiry = ({ expires_at: at }: ProfileDocument) => (at === null ? null : expiryOf(at, host.clock.now()));
  const columns: ReadonlyArray<Column<ProfileDocument>> = [
    { name: 'current', priority: 2, value: ({ current }) => current, text: ({ current }) => (current ? '*' : ' ') },
    { name: 'name', priority: 1, value: ({ name }) => name, style: ({ current }) => (current ? 'bold' : undefined) },
    { name: 'deployment', priority: 3, value: (profile) => profile.deployment_name ?? profile.deployment_id },
    { name: 'deployment_id', priority: 9, extra: true, value: (profile) => profile.deployment_id },
    { name: 'tenant', priority: 5, value: (profile) => profile.tenant_id },
    { name: 'protected', priority: 6, value: (profile) => profile.protected },
    { name: 'key', priority: 7, value: (profile) => profile.key_store },
    {
      name: 'expires',
      priority: 4,
      value: (profile) => profile.expires_at,
      text: (profile) => expiry(profile)?.text ?? cellText(profile.expires_at),
      style: (profile) => (expiry(profile)?.soon ? 'bad' : undefined),
    },
    { name: 'supervisor_url', priority: 8, extra: true, value: (profile) => profile.supervisor_url },
    { name: 'api_url', priority: 10, extra: true, value: (profile) => profile.api_url },
  ];
  const noun = 'profiles; `ldctl profiles add NAME` makes one';
  await printList(host.output, [documents], { noun, columns }, printOptions(flags));
  return 0;
}

/** Prints one profile, a line a field. */
export async function printProfile({ host, flags }: Printing, profile: ProfileDocument): Promise<ExitCode> {
  const options = printOptions(flags);
  const { name, current, expires_at: at } = profile;
  const texts: Partial<Record<string, string>> = {
    ...(current && { name: `${name} (the current one)` }),
    ...(at !== null && { expires_at: expiryText(at, host.clock.now(), options.utc) }),
  };
  const fields = Object.entries(profile).map(([field, value]) => ({ name: field, value, text: texts[field] }));
  await printObject(host.output, profile, fields, options);
  return 0;
}

/** `2026-06-06 12:00:00Z (in 5 days)` */
export function expiryText(at: string, now: number, utc: boolean): string {
  const expiry = expiryOf(at, now);
  return expiry ? `${timeText(at, utc)} (${expiry.text})` : timeText(at, utc);
}
