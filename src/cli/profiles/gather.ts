import * as Flags from '@oclif/core/flags';
import type { CommandContext } from '../context.js';
import { optionalSwitch, switchFlag, textFlag, type FlagsOf } from '../line/flags.js';
import { accepts, readStdin, type Prompts } from '../asking/prompts.js';
import { usageError } from '../../base/errors.js';
import { parseId, type Id } from '../../base/ids.js';
import { isApiKeyText, refuseDebuggedStreams, type ApiKey } from '../../base/secret.js';
import { parseApiKey, runKeyCommand } from '../../config/keys.js';
import { checkProfileName, type Profile } from '../../config/profiles.js';
import type { Settings } from '../../config/settings.js';

/** What a profile holds. Without `--profile`: these commands name the profile as their argument. */
export const profileFlags = {
  'tenant-id': textFlag('ID', 'The tenant.'),
  'api-url': textFlag('URL', 'Base URL of the Core API, if not the public one.'),
  'supervisor-url': textFlag(
    'URL',
    "Base URL of the deployment's Supervisor API. Looked up if not given.",
  ),
  deployment: textFlag('ID|NAME|PATH', 'The deployment to act on.', {
    aliases: ['deployment-id'],
  }),
  'key-store': Flags.option({ options: ['keyring', 'file'] as const })({
    summary:
      "Where the API key is kept: in the system's keyring, or in a file that only you can read.",
  }),
  'key-command': textFlag(
    'CMD',
    "Keep no key: a shell command prints it each time, such as a password manager's.",
    { exclusive: ['key-store', 'api-key-stdin'] },
  ),
  'api-key-stdin': switchFlag('Read the API key from stdin. Without it, ldctl asks at a terminal.'),
  // Given neither way, it stays as it is.
  protected: optionalSwitch(
    "Ask for the deployment's name before every action, unless --confirm NAME gives it.",
    { allowNo: true },
  ),
  verify: switchFlag('Check the key and the deployment with the API before storing anything.', {
    allowNo: true,
    default: true,
  }),
};
export type ProfileFlags = FlagsOf<typeof profileFlags>;

/** What flags, environment and user say of a profile, before the API is asked about it. */
export interface Gathered extends Changes {
  /** The profile that is changed; null for a new one. */
  stored: Profile | null;
  flags: ProfileFlags;
  /** Settings by flags and environment; for a stored profile, by flags and the profile itself. */
  given: Settings;
  tenantId: Id;
  /** Null where it is neither stored nor checked. */
  apiKey: ApiKey | null;
}

interface Changes {
  /**
   * `new`: asked for, read or printed by a command now, as always for a new profile; `moved`: the
   * stored one goes into `--key-store`; `kept`: it stays as it is.
   */
  keyIs: 'new' | 'moved' | 'kept';
  /**
   * The API is asked whether key, tenant and deployment fit together: one of them or the API is
   * new, and there is no `--no-verify`.
   */
  mustVerify: boolean;
}

/** @throws UsageError for what is missing, and for no change */
export async function gather(
  name: string,
  stored: Profile | null,
  flags: ProfileFlags,
  context: CommandContext,
): Promise<Gathered> {
  if (!stored) context.store.assertCanAdd(checkProfileName(name));
  const given = settingsFor(stored, flags, context);
  if (flags['supervisor-url'] !== undefined && !given.deployment.named && !context.prompts) {
    throw usageError(
      'no_deployment',
      '--supervisor-url belongs to a deployment, and none is named',
    );
  }
  const intent = { stored, flags, given, ...changesOf(stored, flags, context.prompts) };
  const tenantId = await tenantFor(intent, context.prompts);
  const isNeeded = intent.keyIs !== 'kept' || intent.mustVerify;
  const apiKey = isNeeded ? context.guard(await keyFor(intent, context)) : null;
  return { ...intent, tenantId, apiKey };
}

/** Flags, and the environment or the stored profile, but never both of these. */
function settingsFor(stored: Profile | null, flags: ProfileFlags, context: CommandContext) {
  // A flag or a person chooses the deployment. These variables may be left over from another one,
  // to whose supervisor the new profile would send its key.
  const isChosen = context.prompts !== null || flags.deployment !== undefined;
  const ignored = isChosen ? { LD_DEPLOYMENT_ID: undefined, LD_SUPERVISOR_URL: undefined } : {};
  const env = stored ? {} : { ...context.host.env, LD_PROFILE: undefined, ...ignored };
  // As if the stored profile were the only one, and so the current one.
  const config = { current: stored?.name, profiles: stored ? [stored] : [] };
  return context.resolve(flags, env, config);
}

/**
 * By what is given:
 *
 * | given                                           | the key is     | the API is asked |
 * | ----------------------------------------------- | -------------- | ---------------- |
 * | a new profile; a key; nothing, at a terminal    | new            | yes              |
 * | --tenant-id, --api-url or --deployment          | kept, or moved | yes              |
 * | only --supervisor-url, --key-store, --protected | kept, or moved | no               |
 *
 * @throws UsageError for nothing to change
 */
function changesOf(stored: Profile | null, flags: ProfileFlags, prompts: Prompts | null): Changes {
  const isGiven = (...names: Array<keyof ProfileFlags>) =>
    names.some((flag) => flags[flag] !== undefined);
  const givesKey = isGiven('key-command') || flags['api-key-stdin'];
  const changesAccess = isGiven('tenant-id', 'api-url', 'deployment');
  const isBare =
    !givesKey && !changesAccess && !isGiven('supervisor-url', 'key-store', 'protected');
  if (!stored || givesKey || (isBare && prompts)) return { keyIs: 'new', mustVerify: flags.verify };
  if (isBare) {
    throw usageError(
      'nothing_to_change',
      'nothing to change',
      'Say what: --api-key-stdin, --deployment, --protected, … See ldctl profiles update --help',
    );
  }
  const keyIs = isGiven('key-store') ? 'moved' : 'kept';
  return { keyIs, mustVerify: flags.verify && changesAccess };
}

type Intent = Omit<Gathered, 'tenantId' | 'apiKey'>;

async function tenantFor({ stored, given }: Intent, prompts: Prompts | null) {
  const { tenantId } = given.account;
  const known = tenantId?.value;
  if (prompts && !stored && tenantId?.source.from !== 'flag') return askTenant(prompts, known);
  if (known !== undefined) return known;
  throw usageError(
    'no_tenant',
    'no tenant id',
    'Give --tenant-id ID, or set LD_TENANT_ID. The LaserData console shows it.',
  );
}

async function keyFor({ stored, flags, keyIs, given }: Intent, context: CommandContext) {
  const { host, prompts, signal, keyTools } = context;
  const { 'key-command': command, 'api-key-stdin': isPiped } = flags;
  if (command !== undefined) return runKeyCommand(command, 'the key command', keyTools, signal);
  // A stored key that is to be replaced is no preset for the new one.
  const known = stored && keyIs === 'new' ? null : given.account.key;
  if (prompts && keyIs === 'new') return askKey(prompts, (await known?.fetch(signal)) ?? null);
  if (isPiped) {
    refuseDebuggedStreams('the key');
    return parseApiKey(await readStdin(host, signal), 'stdin');
  }
  if (known) return known.fetch(signal);
  throw usageError(
    'no_key',
    'no API key',
    'Pipe it in with --api-key-stdin, let --key-command print it, or set LD_API_KEY. No flag takes a key.',
  );
}

/** @param preset one that Enter takes */
export async function askTenant(prompts: Prompts, preset: Id | undefined): Promise<Id> {
  const parse = (text: string) => parseId(text.trim(), 'the tenant id');
  const options = { default: preset?.toString(), validate: accepts(parse) };
  return parse(await prompts.text('Tenant id (the LaserData console shows it):', options));
}

/** Asks for a key, masked. @param found one of the environment, which Enter takes */
export async function askKey(prompts: Prompts, found: ApiKey | null): Promise<ApiKey> {
  refuseDebuggedStreams('the key');
  const message = found
    ? `API key (Enter takes ${found.mask()} from the environment):`
    : 'API key:';
  const text = await prompts.secret(message, (typed) => {
    if (typed.trim() === '') return found !== null || 'Paste the key; it is not shown.';
    return (
      isApiKeyText(typed.trim()) || 'A key is one line of visible ASCII characters without spaces.'
    );
  });
  return text.trim() === '' && found ? found : parseApiKey(text, 'what was typed');
}
