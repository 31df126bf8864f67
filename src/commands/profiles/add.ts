import { randomBytes } from 'node:crypto';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import type { CommandContext } from '../../cli/context.js';
import type { FlagsOf } from '../../cli/flags.js';
import { readStdin, type Prompts } from '../../cli/prompts.js';
import { saying } from '../../cli/signals.js';
import { ApiError, UsageError } from '../../base/errors.js';
import { parseId, type Id } from '../../base/ids.js';
import { isApiKeyText, refuseDebuggedStreams, type ApiKey } from '../../base/secret.js';
import { plainText, urlText } from '../../base/text.js';
import type { KeyContext, TenantStructure } from '../../api/core-api.js';
import { KeyringError } from '../../config/keyring.js';
import { parseApiKey, runKeyCommand } from '../../config/keys.js';
import {
  checkProfileName,
  findProfile,
  KEY_STORES,
  type Profile,
  type ProfileKey,
} from '../../config/profiles.js';
import { DEFAULT_API_URL, type Settings } from '../../config/settings.js';
import {
  findDeployment,
  placedDeployments,
  placeText,
  supervisorUrlOf,
  type TenantAccess,
} from '../../config/target.js';
import { filled } from '../flags.shared.js';
import { printProfile, profileDocument } from './profile.shared.js';

/** What a profile holds. Without `--profile`: these commands name the profile as their argument. */
export const profileFlags = {
  'tenant-id': Flags.string({ helpValue: 'ID', summary: 'The tenant.' }),
  'api-url': Flags.string({
    helpValue: 'URL',
    summary: 'Base URL of the Core API, if not the public one.',
  }),
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
  'api-key-stdin': Flags.boolean({
    summary: 'Read the API key from stdin. At a terminal it is asked for.',
  }),
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

export default class ProfilesAdd extends BaseCommand {
  static override summary = 'Keep a tenant, an API key and a deployment under a name.';
  static override description =
    'At a terminal it asks for what no flag says: the tenant, the key, the deployment, and where to keep the key. ' +
    'Elsewhere that comes from LD_TENANT_ID, LD_API_KEY, LD_API_URL and LD_DEPLOYMENT_ID. A key that the API does not ' +
    'accept is not stored, and no flag holds one. The first profile becomes the current one.';
  static override examples = [
    'ldctl profiles add prod',
    'secret-tool lookup laserdata prod | ldctl profiles add prod --tenant-id 7261845022003200001 ' +
      '--deployment sandbox --key-store file --api-key-stdin',
    'ldctl profiles add prod --tenant-id 7261845022003200001 --deployment sandbox ' +
      '--key-command "op read op://ops/laserdata/key"',
  ];
  static override args = {
    name: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'letters, digits, dots, dashes, underscores',
    }),
  };
  static override flags = profileFlags;

  protected override async execute() {
    const { args, flags } = await this.parse(ProfilesAdd);
    const context = await this.open(flags);
    const added = await makeProfile(args.name, null, flags, context).catch(
      saying('Nothing was stored.'),
    );
    const document = profileDocument(added.profile, added.current);
    context.say(`added profile ${args.name}${document.current ? ', now the current one' : ''}`);
    return printProfile(context, document);
  }
}

/** What is asked for: a new profile, or what changes in the stored one. */
interface Plan {
  stored: Profile | null;
  flags: ProfileFlags;
  /** The key is a new one. */
  newKey: boolean;
  /** The API is asked whether key, tenant and deployment fit together. */
  checks: boolean;
}

/**
 * Makes a profile from flags, the environment, and what the user answers; or changes the stored one
 * by flags, and by a new key where there are none: a variable that was left over would mix two
 * profiles. Nothing is stored before the end, and nothing that the API does not accept, unless it
 * is not to be asked.
 * @returns the profile, and the name of the current one
 */
export async function makeProfile(
  name: string,
  stored: Profile | null,
  flags: ProfileFlags,
  context: CommandContext,
): Promise<{ profile: Profile; current: string | undefined }> {
  const { store, host, prompts } = context;
  const plan = planOf(stored, flags, prompts);
  if (!stored) store.assertCanAdd(checkProfileName(name));
  // At a terminal the deployment is chosen. A supervisor that was left over would be sent the key
  // ever after.
  const others = (prompts || flags.deployment !== undefined) && {
    LD_DEPLOYMENT_ID: undefined,
    LD_SUPERVISOR_URL: undefined,
  };
  const from = stored
    ? { env: {}, readConfig: () => ({ current: name, profiles: [stored] }) }
    : {
        env: { ...host.env, LD_PROFILE: undefined, ...others },
        readConfig: () => ({ profiles: [] }),
      };
  const given = context.resolve(flags, from);
  const moves = plan.newKey || flags['key-store'] !== undefined;
  const access = moves || plan.checks ? await accessFor(given, plan, context) : null;
  const tenantId = access?.tenantId ?? given.tenantId?.value;
  const apiUrl = urlText(given.apiUrl.value);
  const fields = {
    ...(tenantId !== undefined && { tenant_id: tenantId }),
    // The public one may be another some day.
    api_url: apiUrl === DEFAULT_API_URL ? undefined : apiUrl,
    ...(await placeFields(given, stored ? null : prompts, access, context)),
    ...(flags.protected !== undefined && { protected: flags.protected || undefined }),
    // Of a new key that the API was not asked about, nothing is known.
    ...((access?.known ?? plan.newKey) && { expires_at: access?.known?.expiry_at ?? undefined }),
  };
  let key: ProfileKey | null = null;
  if (flags['key-command'] !== undefined) key = { store: 'command', command: flags['key-command'] };
  else if (access && moves) {
    const before = stored?.key.store === 'command' ? undefined : stored?.key.store;
    key = await keepKey(name, access.key, flags['key-store'] ?? before, context);
  }
  try {
    if (access && key && !stored) {
      await store.add({ ...fields, name, tenant_id: access.tenantId, key });
    } else {
      await store.update(name, (profile) => ({ ...profile, ...fields, key: key ?? profile.key }));
    }
  } catch (error) {
    if (key) await forgetKey(key, context);
    throw error;
  }
  if (key && stored) await forgetKey(stored.key, context);
  const config = store.read();
  return { profile: findProfile(config, name), current: config.current };
}

/** @throws UsageError for flags that do not go together, and for nothing to change */
function planOf(stored: Profile | null, flags: ProfileFlags, prompts: Prompts | null): Plan {
  const { 'key-command': command, 'key-store': keyStore, 'api-key-stdin': isPiped } = flags;
  if (command !== undefined) filled(command.trim(), '--key-command');
  if (
    command === undefined
      ? keyStore === 'command'
      : isPiped || (keyStore ?? 'command') !== 'command'
  ) {
    throw new UsageError(
      '--key-command and --key-store command go together, and with no other key',
      {
        code: 'conflicting_flags',
        hint: 'With them the key is printed each time. To keep it: CMD | ldctl … --api-key-stdin --key-store file',
      },
    );
  }
  const isSaid = (...names: Array<keyof ProfileFlags>): boolean =>
    names.some((name) => flags[name] !== undefined);
  const ofKey = command !== undefined || isPiped;
  const ofAccess = isSaid('tenant-id', 'api-url', 'deployment');
  const isBare = !ofKey && !ofAccess && !isSaid('supervisor-url', 'key-store', 'protected');
  if (stored && isBare && !prompts) {
    throw new UsageError('nothing to change', {
      code: 'nothing_to_change',
      hint: 'Say what: --api-key-stdin, --deployment, --protected, … See ldctl profiles update --help',
    });
  }
  const newKey = !stored || isBare || ofKey;
  return { stored, flags, newKey, checks: flags.verify && (newKey || ofAccess) };
}

interface Access extends TenantAccess {
  /** What the API says of the key; null where it was not asked. */
  known: KeyContext | null;
}

/** Asks for what is missing, and again for what the API does not accept. */
async function accessFor(given: Settings, plan: Plan, context: CommandContext): Promise<Access> {
  const { prompts, signal } = context;
  const { stored, flags, newKey } = plan;
  const apiUrl = given.apiUrl.value;
  const isOpen = prompts && !stored && given.tenantId?.source.from !== 'flag';
  let tenantId = isOpen ? await askTenant(prompts, given.tenantId?.value) : given.tenantId?.value;
  if (tenantId === undefined) {
    throw new UsageError('no tenant id', {
      code: 'no_tenant',
      hint: 'Give --tenant-id ID, or set LD_TENANT_ID.',
    });
  }
  let key = context.guard(await keyFor(given, plan, context));
  while (plan.checks) {
    try {
      const core = context.core({ apiUrl, key });
      const id = tenantId;
      const known = await context.during('Checking the key', () => core.keyContext(id, { signal }));
      context.say(plainText(`key ${known.name} (role ${known.role_name})`));
      return { tenantId, key, apiUrl, known };
    } catch (error) {
      if (!(error instanceof ApiError) || ![401, 403, 404].includes(error.status)) throw error;
      const isKey = error.status === 401;
      error.hint = isKey
        ? 'Nothing was stored. Check that the key is whole, and has not expired or been revoked.'
        : "Nothing was stored. The tenant is not this key's, or this address is not on the key's list.";
      if (!prompts || (isKey && (!newKey || flags['key-command'] !== undefined))) throw error;
      context.warn(error.message);
      if (isKey) key = context.guard(await askKey(prompts, null));
      else tenantId = await askTenant(prompts, undefined);
    }
  }
  return { tenantId, key, apiUrl, known: null };
}

async function keyFor(
  given: Settings,
  { stored, flags, newKey }: Plan,
  context: CommandContext,
): Promise<ApiKey> {
  const { host, prompts, signal, keyTools } = context;
  const { 'key-command': command, 'api-key-stdin': isPiped } = flags;
  if (command !== undefined) return runKeyCommand(command, 'the key command', keyTools, signal);
  // What the environment holds has no say in a profile that is there.
  const known = stored && newKey ? null : given.key;
  if (prompts && newKey) return askKey(prompts, (await known?.fetch(signal)) ?? null);
  if (isPiped) {
    refuseDebuggedStreams('the key');
    return parseApiKey(await readStdin(host, signal), 'stdin');
  }
  if (known) return known.fetch(signal);
  throw new UsageError('no API key', {
    code: 'no_key',
    hint: 'Pipe it in with --api-key-stdin, let --key-command print it, or set LD_API_KEY. There is no flag that holds it.',
  });
}

/** @param preset one that Enter takes */
async function askTenant(prompts: Prompts, preset: Id | undefined): Promise<Id> {
  const validate = (text: string): true | string =>
    /^\d{1,20}$/.test(text.trim()) || 'An id is written in decimal digits.';
  return parseId(
    (await prompts.text('Tenant id:', { default: preset?.toString(), validate })).trim(),
    'the tenant id',
  );
}

/** Asks for a key, masked. @param found one that Enter takes */
async function askKey(prompts: Prompts, found: ApiKey | null): Promise<ApiKey> {
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

/**
 * Where the profile acts. It is looked up as for other commands: an id with a supervisor URL needs
 * none, so that a key without `info:read` will do. Where the API is not asked about the key it is
 * what was given.
 * @param prompts of a user who chooses, where nothing says which
 * @throws LdctlError (exit 5) when it is not found, ambiguous, or has no supervisor URL; the errors
 * of the Core API
 */
async function placeFields(
  { deployment, supervisorUrl }: Settings,
  prompts: Prompts | null,
  access: Access | null,
  context: CommandContext,
): Promise<Partial<Profile>> {
  const { id, name } = deployment?.value ?? { id: null, name: null };
  const asks = access?.known && (deployment ? id === null || !supervisorUrl : prompts);
  if (!asks) {
    const supervisor_url = deployment && supervisorUrl ? urlText(supervisorUrl.value) : undefined;
    const isKept = deployment?.source.from === 'profile';
    return {
      ...{ deployment_id: id ?? undefined, deployment_name: name ?? undefined, supervisor_url },
      // Those of the deployment before.
      ...(!isKept && { division_id: undefined, environment_id: undefined }),
    };
  }
  const structure = await context.during('Fetching the deployments', () =>
    context.core(access).structure(access.tenantId, { signal: context.signal }),
  );
  const placed = deployment
    ? findDeployment(structure, deployment.value)
    : await choose(structure, prompts, context);
  if (!placed) return {};
  const { id: deployment_id, name: deployment_name } = placed.deployment;
  const url = supervisorUrl?.value ?? supervisorUrlOf(placed.deployment);
  return {
    ...{ deployment_id, deployment_name, supervisor_url: urlText(url) },
    ...{ division_id: placed.division.id, environment_id: placed.environment.id },
  };
}

async function choose(
  structure: TenantStructure,
  prompts: Prompts | null,
  context: CommandContext,
) {
  const choices = placedDeployments(structure).map((placed) => ({
    value: placed,
    name: placeText(placed),
  }));
  if (prompts && choices.length > 0) return prompts.choose('Deployment:', choices);
  context.warn(
    `this key sees no deployment in tenant ${plainText(structure.name)}; the profile gets none`,
  );
  return null;
}

/**
 * Keeps a key where the user wants it. A keyring that cannot be used is no dead end.
 * @throws KeyringError; Interrupted
 */
async function keepKey(
  name: string,
  key: ApiKey,
  asked: ProfileKey['store'] | undefined,
  context: CommandContext,
  preset: 'keyring' | 'file' = 'keyring',
): Promise<ProfileKey> {
  const { prompts, host, signal, store } = context;
  const choices = [
    { value: 'keyring', name: "In the system's keyring" },
    { value: 'file', name: 'In a file that only you can read', description: store.path },
  ] as const;
  const where =
    asked ?? (await prompts?.choose('Where should the key be kept?', choices, { default: preset }));
  if (where === 'file') return { store: 'file', api_key: key };
  // Under a new account each time: what is stored there stays good until the profile points to the
  // new one.
  const account = `${name}.${randomBytes(4).toString('hex')}`;
  try {
    await context.during('Storing the key in the keyring', () =>
      host.keyring.set(account, key, signal),
    );
    return { store: 'keyring', account };
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    if (!prompts) {
      const instead =
        'Keep the key in a file (--key-store file), or let a command print it (--key-command).';
      const hint = `${error.hint ?? ''} ${instead}`.trim();
      throw new KeyringError(`nothing was stored: ${error.message}`, { code: error.code, hint });
    }
    context.warn(`${error.message}. ${error.hint ?? ''}`.trim());
    return keepKey(name, key, undefined, context, 'file');
  }
}

/**
 * Takes a key that no profile points to any more out of the keyring; that it cannot be changes
 * nothing that was done.
 */
export async function forgetKey(key: ProfileKey, context: CommandContext): Promise<void> {
  if (key.store !== 'keyring') return;
  try {
    await context.host.keyring.delete(key.account, context.signal);
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    context.warn(`a key was left in the keyring, as ${key.account} of ldctl: ${error.message}`);
  }
}
